// autointerp
// Inserting millions of rows.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import GRDBSQLite

/// A prepared `INSERT` of whole rows, bound without the boxing of GRDB's arguments.
///
/// To be used, and let go, inside the database access that it was made in.
struct RowInsertion {
  private let database: Database
  private let statement: Statement
  private var handle: OpaquePointer { statement.sqliteStatement }

  init(into table: String, columnCount: Int, _ database: Database) throws {
    self.database = database
    let places = repeatElement("?", count: columnCount).joined(separator: ", ")
    statement = try database.makeStatement(sql: "INSERT INTO \(table) VALUES (\(places))")
  }

  /// Sets a column, counted from 1. Values must fit 64 signed bits, as counts and ids do.
  func bind(_ column: Int32, _ value: some BinaryInteger) {
    sqlite3_bind_int64(handle, column, Int64(value))
  }

  func bind(_ column: Int32, _ value: Double) {
    sqlite3_bind_double(handle, column, value)
  }

  func bind(_ column: Int32, _ value: String) {
    // -1: SQLite copies the text before the call returns.
    let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    var value = value
    value.withUTF8 { text in
      _ = text.withMemoryRebound(to: CChar.self) {
        sqlite3_bind_text64(
          handle, column, $0.baseAddress, sqlite3_uint64($0.count), copies, UInt8(SQLITE_UTF8))
      }
    }
  }

  /// Inserts a row of what was bound last in every column.
  func insert() throws {
    let code = sqlite3_step(handle)
    sqlite3_reset(handle)
    guard code == SQLITE_DONE else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
    }
  }
}
