// autointerp
// `Requester` says who gives an order to the coordinator.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterTransport

/// A client's key, the name that the allow-list gives it, and its address. All empty for the coordinator's own process.
package struct Requester: Equatable, Sendable {
  var key: String?
  var name = ""
  var address = ""

  /// The process that the coordinator runs in.
  package static let ownProcess = Requester()

  func order(_ kind: StoredOrder.Kind, _ detail: String, at now: Int64) -> StoredOrder {
    StoredOrder(at: now, kind: kind, detail: detail, key: key, keyName: name, address: address)
  }
}
