// autointerp
// `ConnectionRate` limits how often a key may connect.
// SPDX-License-Identifier: Apache-2.0

/// Lets each key at each address make `burst` connections at once and one more every `interval`, and each key at all
/// addresses together `burstOfKey`.
///
/// Without a limit, an attacker could search for the 32-bit number that a router gives to its next unnamed connection:
/// with `K` named and `M` unnamed connections, the chance of a match is `K * M / 2^32`. By one key at one address there
/// are at most 10,688 connections in a day, for a chance of 0.7 %; by one key at any number of addresses 25,024, for 3.6 %.
struct ConnectionRate {
  struct Caller: Hashable {
    var key: CurvePublicKey
    var address: String
  }

  /// As many connections as a machine's workers, or the machines behind one address, make at once after a restart.
  static let burst = 2048
  /// As many as a fleet that shares a key makes at once. What is beyond waits.
  static let burstOfKey = 16_384
  static let interval: Duration = .seconds(10)
  /// How many callers are told apart. Beyond this, all new addresses of a key share one allowance.
  static let capacity = 16_384

  private struct Allowance {
    var used = 0
    var since: ContinuousClock.Instant

    mutating func regain(now: ContinuousClock.Instant) {
      let regained = Int((now - since) / ConnectionRate.interval)
      guard regained > 0 else { return }
      used = max(0, used - regained)
      since += ConnectionRate.interval * regained
    }
  }

  private var callers: [Caller: Allowance] = [:]
  /// Only keys of the allow-list get here.
  private var keys: [CurvePublicKey: Allowance] = [:]
  private var sweptAt: ContinuousClock.Instant?

  /// How many callers are remembered.
  var count: Int { callers.count }

  /// Counts a connection. Returns false if it is over a limit.
  mutating func admit(_ caller: Caller, now: ContinuousClock.Instant = .now) -> Bool {
    var caller = caller
    if callers[caller] == nil, callers.count >= Self.capacity {
      forgetTheRested(now: now)
      // A key can have very many addresses, of IPv6 for example.
      if callers.count >= Self.capacity { caller.address = "" }
    }
    keys[caller.key, default: Allowance(since: now)].regain(now: now)
    callers[caller, default: Allowance(since: now)].regain(now: now)
    guard callers[caller]!.used < Self.burst, keys[caller.key]!.used < Self.burstOfKey else { return false }
    callers[caller]!.used += 1
    keys[caller.key]!.used += 1
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
