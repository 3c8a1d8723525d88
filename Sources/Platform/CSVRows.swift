// autointerp
// `CSVRows` reads the rows of a text with comma-separated values, and refuses quotes that are not closed.
// SPDX-License-Identifier: Apache-2.0

/// The rows of a CSV text (RFC 4180), one after the other. A field in quotes may hold commas, line ends and doubled quotes.
/// Rows may have any number of fields; an empty line is a row with one empty field.
package struct CSVRows {
  package struct Row: Equatable {
    package var fields: [String]
    /// The line on which it begins, counted from 1.
    package var line: Int
  }

  /// Where the text is no CSV, and why.
  package struct Failure: Error, Equatable {
    package var line: Int
    package var message: String
  }

  private let scalars: [Unicode.Scalar]
  private var at = 0
  private var line = 1

  /// A byte order mark, which spreadsheets write, is left out.
  package init(_ text: String) {
    let all = Array(text.unicodeScalars)
    scalars = all.first == "\u{FEFF}" ? Array(all.dropFirst()) : all
  }

  /// The next row, or nil at the end of the text.
  ///
  /// - Throws: if a quote is never closed, or something but a comma or a line end follows a closing quote.
  package mutating func next() throws(Failure) -> Row? {
    guard at < scalars.count else { return nil }
    var row = Row(fields: [], line: line)
    while true {
      row.fields.append(try field())
      guard at < scalars.count else { return row }
      let separator = scalars[at]
      at += 1
      if separator == "\r", at < scalars.count, scalars[at] == "\n" { at += 1 }
      if separator != "," {
        line += 1
        return row
      }
    }
  }

  /// Reads up to a comma, a line end or the end of the text, which stays unread.
  private mutating func field() throws(Failure) -> String {
    var field = String.UnicodeScalarView()
    guard at < scalars.count, scalars[at] == "\"" else {
      while at < scalars.count, !isEnd(scalars[at]) {
        field.append(scalars[at])
        at += 1
      }
      return String(field)
    }
    let opened = line
    at += 1
    while at < scalars.count {
      let scalar = scalars[at]
      at += 1
      if scalar == "\"" {
        guard at < scalars.count, !isEnd(scalars[at]) else { return String(field) }
        guard scalars[at] == "\"" else {
          throw Failure(line: line, message: "expected a comma or a line end after the closing quote")
        }
        at += 1
      }
      if scalar == "\n" { line += 1 }
      field.append(scalar)
    }
    throw Failure(line: opened, message: "the quote that opens here is never closed")
  }

  private func isEnd(_ scalar: Unicode.Scalar) -> Bool { scalar == "," || scalar == "\n" || scalar == "\r" }
}
