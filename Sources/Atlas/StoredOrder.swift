// autointerp
// `StoredOrder` records who changed a run from outside: submitted, cancelled, retried or discarded.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// One order of a client. Orders are only added to a file, never changed.
package struct StoredOrder: Equatable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case submit, cancel, retry, discard
  }

  /// Milliseconds since 1970.
  package var at: Int64
  package var kind: Kind
  /// What it did, and to what.
  package var detail: String
  /// Nil without CURVE, and for orders of the coordinator's own process.
  package var key: String?
  /// The key's name in the allow-list; may be empty.
  package var keyName: String
  /// Where the order came from; empty for the coordinator's own process.
  package var address: String

  package init(at: Int64, kind: Kind, detail: String, key: String?, keyName: String, address: String) {
    self.at = at
    self.kind = kind
    self.detail = detail
    self.key = key
    self.keyName = keyName
    self.address = address
  }
}

extension RunAtlas {
  static func insert(_ order: StoredOrder, into db: Database) throws {
    try db.cachedStatement(
      sql: "INSERT INTO orders (at, kind, detail, key, key_name, address) VALUES (?, ?, ?, ?, ?, ?)"
    ).execute(arguments: [order.at, order.kind.rawValue, order.detail, order.key, order.keyName, order.address])
  }
}

extension AtlasReader {
  /// The orders that the run was given, oldest first. Files of formats before 8 have none.
  package func orders() throws(AtlasError) -> [StoredOrder] {
    try surfacing(path) {
      try queue.read { db in
        guard try db.tableExists("orders") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT * FROM orders ORDER BY id").map { row in
          guard let kind = StoredOrder.Kind(rawValue: try row.checked("kind")) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an order has an unknown kind")
          }
          return StoredOrder(
            at: try row.checked("at"), kind: kind, detail: try row.checked("detail"),
            key: String.fromDatabaseValue(row["key"]), keyName: try row.checked("key_name"),
            address: try row.checked("address"))
        }
      }
    }
  }
}
