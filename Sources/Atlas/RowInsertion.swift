// autointerp
// `RowInsertion` inserts millions of rows quickly.
// SPDX-License-Identifier: Apache-2.0

package import GRDB
internal import GRDBSQLite

/// A prepared `INSERT` of whole rows. It binds values without the boxing of GRDB's arguments.
///
/// Use it only inside the database access in which it was made.
package struct RowInsertion {
  private let database: Database
  private let statement: Statement
  private var handle: OpaquePointer { statement.sqliteStatement }

  package init(into table: String, columnCount: Int, _ database: Database) throws {
    self.database = database
    let places = repeatElement("?", count: columnCount).joined(separator: ", ")
    statement = try database.makeStatement(sql: "INSERT INTO \(table) VALUES (\(places))")
  }

  /// Sets a column, counted from 1. Values must fit 64 signed bits, as counts and ids do.
  package func bind(_ column: Int32, _ value: some BinaryInteger) {
    sqlite3_bind_int64(handle, column, Int64(value))
  }

  package func bind(_ column: Int32, _ value: Double) {
    sqlite3_bind_double(handle, column, value)
  }

  package func bind(_ column: Int32, _ value: String) {
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

  package func bind(_ column: Int32, _ value: Double?) {
    if let value { bind(column, value) } else { bindNull(column) }
  }

  package func bindNull(_ column: Int32) { sqlite3_bind_null(handle, column) }

  package func bind(_ column: Int32, _ value: [UInt8]) {
    let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    value.withUnsafeBytes { _ = sqlite3_bind_blob64(handle, column, $0.baseAddress, sqlite3_uint64($0.count), copies) }
  }

  /// Inserts a row of the values that were bound last.
  package func insert() throws {
    let code = sqlite3_step(handle)
    sqlite3_reset(handle)
    guard code == SQLITE_DONE else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
    }
  }
}
