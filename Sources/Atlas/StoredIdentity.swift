// autointerp
// `StoredIdentity` reads the identity of a run's file, and writes one into a file that has none.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB

enum StoredIdentity {
  /// Returns the file's identity. A file without one (a new one, or one of an earlier version) gets `new`.
  static func settle(_ new: RunIdentity, in db: Database) throws -> RunIdentity {
    try db.execute(
      sql: "UPDATE run SET identity = ?, grant_key = ? WHERE grant_key IS NULL",
      arguments: [Int64(bitPattern: new.file), Data(new.key)])
    guard let row = try Row.fetchOne(db, sql: "SELECT identity, grant_key FROM run") else { return new }
    let identity = RunIdentity(
      file: UInt64(bitPattern: try row.checked("identity")), key: [UInt8](try row.checked("grant_key") as Data))
    guard identity.key.count == 32 else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "its grant key has \(identity.key.count) bytes")
    }
    return identity
  }
}
