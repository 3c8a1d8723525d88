// autointerp
// `ConnectionRate` limits how often a key may connect.
// SPDX-License-Identifier: Apache-2.0

/// Lets each key at each address make `burst` connections at once, and one more every `interval`.
///
/// Without a limit, an attacker could search for the 32-bit number that a router gives to its next unnamed connection:
/// with `K` named and `M` unnamed connections, the chance of a match is `K * M / 2^32`. These limits allow 10,688
/// connections in the first day of an attack by one key at one address, so that the chance stays below 0.7 %,
/// and 19,328 in two days, for 2.2 %.
struct ConnectionRate {
  struct Caller: Hashable {
    var key: CurvePublicKey
    var address: String
  }

  /// As many connections as a fleet makes at once after a restart.
  static let burst = 2048
  static let interval: Duration = .seconds(10)
  /// How many callers are told apart. Beyond this, all new addresses of a key share one allowance.
  static let capacity = 16_384

  private var callers: [Caller: (used: Int, since: ContinuousClock.Instant)] = [:]
  private var sweptAt: ContinuousClock.Instant?

  /// How many callers are remembered.
  var count: Int { callers.count }

  /// Counts a connection. Returns false if it is over the limit.
  mutating func admit(_ caller: Caller, now: ContinuousClock.Instant = .now) -> Bool {
    var caller = caller
    if callers[caller] == nil, callers.count >= Self.capacity {
      forgetTheRested(now: now)
      // A key can have very many addresses, of IPv6 for example.
      if callers.count >= Self.capacity { caller.address = "" }
    }
    var (used, since) = callers[caller] ?? (0, now)
    let regained = Int((now - since) / Self.interval)
    if regained > 0 {
      used = max(0, used - regained)
      since += Self.interval * regained
    }
    guard used < Self.burst else {
      callers[caller] = (used, since)
      return false
    }
    callers[caller] = (used + 1, since)
    return true
  }

  /// Forgets callers that have regained their whole allowance: to know them makes no difference. At most once an interval,
  /// because it takes O(callers).
  private mutating func forgetTheRested(now: ContinuousClock.Instant) {
    if let sweptAt, now - sweptAt < Self.interval { return }
    sweptAt = now
    callers = callers.filter { $0.value.used > Int((now - $0.value.since) / Self.interval) }
  }
}
