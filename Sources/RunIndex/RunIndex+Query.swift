// autointerp
// `RunIndex.query` runs one SELECT of a person over the index, the run's file and its labels; it cannot change them.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import GRDBSQLite

/// A value of a row.
package enum QueryValue: Equatable, Sendable {
  case null
  case integer(Int64)
  case number(Double)
  case text(String)
  case bytes([UInt8])
}

extension RunIndex {
  /// Runs one statement. The file of labels is attached as `labels` if it exists. `header` is called once with the names of the
  /// columns, before `row` is called with each row.
  ///
  /// - Throws: `RunIndexError.failed` with what SQLite says.
  package func query(
    _ sql: String, labels: String?, header: ([String]) throws -> Void, row: ([QueryValue]) throws -> Void
  ) throws {
    var thrown: (any Error)?
    do {
      var configuration = Configuration()
      // Attached files are opened in the same way.
      configuration.readonly = true
      let queue = try DatabaseQueue(path: place, configuration: configuration)
      try queue.inDatabase { db in
        try db.execute(sql: "ATTACH ? AS run", arguments: [path])
        var attached: Int32 = 1
        if let labels, FileManager.default.fileExists(atPath: labels) {
          try db.execute(sql: "ATTACH ? AS labels", arguments: [labels])
          attached += 1
        }
        // No statement may open another file.
        sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_ATTACHED, attached)
        let statement = try db.makeStatement(sql: sql)
        let cursor = try Row.fetchCursor(statement)
        do { try header(statement.columnNames) } catch { thrown = error }
        while thrown == nil, let next = try cursor.next() {
          do { try row(next.databaseValues.map(QueryValue.init)) } catch { thrown = error }
        }
      }
    } catch let error as DatabaseError {
      throw RunIndexError.failed(path: path, reason: error.message ?? "\(error)")
    }
    if let thrown { throw thrown }
  }
}

extension QueryValue {
  fileprivate init(_ value: DatabaseValue) {
    switch value.storage {
    case .null: self = .null
    case .int64(let value): self = .integer(value)
    case .double(let value): self = .number(value)
    case .string(let value): self = .text(value)
    case .blob(let value): self = .bytes([UInt8](value))
    }
  }
}
