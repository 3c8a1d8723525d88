// autointerp
// `DamagedTable` reads as many rows of a table as its damaged pages permit.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// A table of a file that may be damaged. One row that cannot be read costs only that row.
///
/// A scan ends at the first page that cannot be read, so the table is scanned from both ends. The rows between the two
/// places where the scans ended are looked up one by one, if their keys are numbers.
struct DamagedTable {
  let name: String
  /// The columns of the primary key. One column is the table's row number.
  let key: [String]

  /// How many rows are looked up one by one at most, and how many beyond the last row if the end cannot be read.
  private static let maximumProbes: Int64 = 1_000_000
  private static let probesBeyondTheEnd: Int64 = 1000

  init(_ name: String, key: String...) {
    self.name = name
    self.key = key
  }

  /// Calls `body` once with every row that can be read. Call it within `AtlasReader.examine`.
  ///
  /// - Parameters:
  ///   - db: the file.
  ///   - count: row numbers are below this; nil if that is not known.
  ///   - body: takes a row.
  /// - Returns: false if some rows may be missing.
  /// - Throws: what `body` throws.
  func forEachRow(in db: Database, below count: Int64? = nil, _ body: (Row) throws -> Void) throws -> Bool {
    var seen: Set<[DatabaseValue]> = []
    func take(_ row: Row) throws {
      if seen.insert(key.map { row[$0] }).inserted { try body(row) }
    }
    if try scan("ASC", db, take) { return true }
    let forwards = numbers(seen)
    _ = try scan("DESC", db, take)
    guard key.count == 1 else { return false }
    // A number can often be read although something else of its row cannot.
    var missing = readableNumbers("ASC", db).union(readableNumbers("DESC", db))
    let start = forwards.max().map { $0 &+ 1 } ?? 0
    let end = numbers(seen).subtracting(forwards).min() ?? count ?? start &+ Self.probesBeyondTheEnd
    if start >= 0, start < end, end - start <= Self.maximumProbes { missing.formUnion(start..<end) }
    for number in missing.subtracting(numbers(seen)).sorted() {
      let row = try? Row.fetchOne(db, sql: "SELECT * FROM \(name) WHERE \(key[0]) = ?", arguments: [number])
      if let row { try take(row) }
    }
    return false
  }

  private func numbers(_ keys: Set<[DatabaseValue]>) -> Set<Int64> {
    Set(keys.compactMap { Int64.fromDatabaseValue($0[0]) })
  }

  /// Returns false if the scan ended before the table did.
  private func scan(_ direction: String, _ db: Database, _ body: (Row) throws -> Void) throws -> Bool {
    let order = key.map { "\($0) \(direction)" }.joined(separator: ", ")
    guard let rows = try? Row.fetchCursor(db, sql: "SELECT * FROM \(name) ORDER BY \(order)") else { return false }
    while true {
      let row: Row?
      do { row = try rows.next() } catch { return false }
      guard let row else { return true }
      try body(row)
    }
  }

  private func readableNumbers(_ direction: String, _ db: Database) -> Set<Int64> {
    var found: Set<Int64> = []
    let sql = "SELECT \(key[0]) FROM \(name) ORDER BY \(key[0]) \(direction)"
    guard let rows = try? Row.fetchCursor(db, sql: sql) else { return found }
    while let row = try? rows.next() {
      if let number = Int64.fromDatabaseValue(row[0]) { found.insert(number) }
    }
    return found
  }
}
