// autointerp
// `Row.checked` reads a column of a row and throws if the column is damaged, where GRDB would stop the process.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

extension Row {
  /// Returns the value of a column as `Value`. GRDB's own subscript stops the process if a flipped bit has changed the
  /// type or brought a number out of range.
  ///
  /// - Throws: a `DatabaseError` that names the column.
  func checked<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
    let value: DatabaseValue = self[column]
    guard let result = Value.fromDatabaseValue(value) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row has \(value) as its \(column)")
    }
    return result
  }
}
