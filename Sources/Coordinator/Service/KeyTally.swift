// autointerp
// `KeyTally` counts what each key sends and receives, for operators who look for the one that misbehaves.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Synchronization

/// The counters of all keys. Without CURVE there are no keys, and nothing is counted. Any thread may call it.
final class KeyTally: Sendable {
  /// Keys come from the allow-list, so only a list that is replaced again and again has more.
  private static let capacity = 16_384

  private struct State {
    var byKey: [CurvePublicKey: KeyCounters] = [:]
    /// The keys beyond the capacity.
    var others = KeyCounters(key: "")
  }

  private let state = Mutex(State())

  /// Changes the counters of the peer's key.
  func count(_ peer: PeerID, _ change: (inout KeyCounters) -> Void) {
    if let key = peer.publicKey { count(key, change) }
  }

  func count(_ key: CurvePublicKey, _ change: (inout KeyCounters) -> Void) {
    state.withLock { state in
      if let place = state.byKey.index(forKey: key) { return change(&state.byKey.values[place]) }
      guard state.byKey.count < Self.capacity else { return change(&state.others) }
      var counters = KeyCounters(key: key.text)
      change(&counters)
      state.byKey[key] = counters
    }
  }

  /// The keys with the most refused or conflicting messages come first, then those with the most deltas. The last entry
  /// is the sum of those beyond `limit`, if there are any.
  func listed(_ limit: Int, name: (CurvePublicKey) -> String) -> [KeyCounters] {
    let (all, sum) = state.withLock { ($0.byKey, $0.others) }
    var others = sum
    let ranked = all.sorted { a, b in
      let (troubleA, troubleB) = (Self.trouble(a.value), Self.trouble(b.value))
      if troubleA != troubleB { return troubleA > troubleB }
      return (b.value.deltas, a.value.key) < (a.value.deltas, b.value.key)
    }
    for (_, counters) in ranked.dropFirst(limit) { others += counters }
    let listed = ranked.prefix(limit).map { key, counters in
      var counters = counters
      counters.name = name(key)
      return counters
    }
    return listed + (others == KeyCounters(key: "") ? [] : [others])
  }

  private static func trouble(_ counters: KeyCounters) -> Int64 { counters.framesRefused + counters.deltasConflicting }
}
