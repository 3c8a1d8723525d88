// autointerp
// `AtlasSchema` checks that a file has exactly the tables and columns of its format.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

extension AtlasSchema {
  /// Says in a sentence why the tables of `db` are not those of format `version`; nil if they are. Tables that no format
  /// has are ignored.
  static func problem(with db: Database, at version: Int) throws -> String? {
    let layouts = try layouts.get()
    let (expected, later) = (layouts[version], layouts[currentVersion])
    let found = try columns(db)
    for (table, columns) in expected.sorted(by: { $0.key < $1.key }) {
      guard let present = found[table] else { return "it has no table \(table), which format \(version) needs" }
      if let missing = columns.sorted().first(where: { !present.contains($0) }) {
        return "its table \(table) has no column \(missing), which format \(version) needs"
      }
      if let extra = present.sorted().first(where: { !columns.contains($0) }) {
        return "its table \(table) has a column \(extra), which format \(version) does not know"
      }
    }
    if let table = later.keys.sorted().first(where: { expected[$0] == nil && found[$0] != nil }) {
      return "it says that it has format \(version), but it has the table \(table) of a later format"
    }
    return nil
  }

  /// The names of the columns of each table, by format. Made once by applying the migrations to an empty database.
  private static let layouts = Result {
    let empty = try DatabaseQueue()
    return try empty.write { db in
      try [try columns(db)]
        + migrations.map { migration in
          try db.execute(sql: migration)
          return try columns(db)
        }
    }
  }

  private static func columns(_ db: Database) throws -> [String: Set<String>] {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT tables.name AS "table", columns.name AS "column"
        FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        """)
    var found: [String: Set<String>] = [:]
    while let row = try rows.next() { found[try row.checked("table"), default: []].insert(try row.checked("column")) }
    return found
  }
}
