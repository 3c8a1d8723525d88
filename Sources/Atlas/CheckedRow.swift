// autointerp
// Values of rows that may be damaged.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

extension Row {
  /// The value of a column as `Value`. GRDB's own subscript stops the process where a flipped bit made another type or a
  /// number out of range of it.
  ///
  /// - Throws: a `DatabaseError` that says which column.
  func checked<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
    let value: DatabaseValue = self[column]
    guard let result = Value.fromDatabaseValue(value) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row has \(value) as its \(column)")
    }
    return result
  }
}
