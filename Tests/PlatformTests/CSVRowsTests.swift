// autointerp
// `CSVRowsTests` tests which rows `CSVRows` reads, on which lines they begin, and which quotes it refuses.
// SPDX-License-Identifier: Apache-2.0

internal import Testing

@testable import Platform

@Suite struct CSVRowsTests {
  private func rows(_ text: String) throws -> [CSVRows.Row] {
    var reader = CSVRows(text)
    var rows: [CSVRows.Row] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
  }

  @Test(arguments: [
    ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]), ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]), ("", []),
    ("a,\n,b", [["a", ""], ["", "b"]]), ("a\n\nb", [["a"], [""], ["b"]]), ("\u{FEFF}a,b", [["a", "b"]]),
    ("\"a, \"\"b\"\"\",c", [["a, \"b\"", "c"]]), ("x\"y,z", [["x\"y", "z"]]),
    // A combining mark belongs to the field, not to the comma or quote before it.
    ("a,\u{301}b", [["a", "\u{301}b"]]),
  ])
  func fieldsAreSeparated(text: String, expected: [[String]]) throws {
    #expect(
      try rows(text).map { $0.fields.map { Array($0.unicodeScalars) } }
        == expected.map { $0.map { Array($0.unicodeScalars) } })
  }

  @Test func rowsKnowTheirLines() throws {
    #expect(try rows("a\n\"b\nc\"\nd").map(\.line) == [1, 2, 4])
  }

  @Test(arguments: [("a\n\"b\n", 2), ("\"a\"b", 1)])
  func brokenQuotesAreRefusedWithTheirLine(text: String, line: Int) {
    #expect { try rows(text) } throws: { ($0 as? CSVRows.Failure)?.line == line }
  }
}
