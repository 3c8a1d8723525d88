// autointerp
// `RateMeter` measures events per second over the last minute.
// SPDX-License-Identifier: Apache-2.0

/// Counts events in sixty buckets of one second, in constant memory.
struct RateMeter: Sendable {
  private static let span: Int64 = 60
  private var buckets = [Int32](repeating: 0, count: Int(Self.span))
  /// The second of the newest bucket; -1 before the first event.
  private var newest: Int64 = -1
  private var first: Int64 = -1

  mutating func record(at now: Duration) {
    let second = now.components.seconds
    advance(to: second)
    if first < 0 { first = second }
    // If the clock steps back a little, count into the newest second.
    buckets[Int(newest % Self.span)] += 1
  }

  /// Events per second over the last minute, or since the first event if that is more recent.
  func perSecond(at now: Duration) -> Double {
    guard first >= 0 else { return 0 }
    let second = max(now.components.seconds, newest)
    let oldest = max(second - Self.span + 1, 0)
    guard oldest <= newest else { return 0 }
    let sum = (oldest...newest).reduce(0) { $0 + Int(buckets[Int($1 % Self.span)]) }
    return Double(sum) / Double(max(1, min(Self.span, second - first + 1)))
  }

  private mutating func advance(to second: Int64) {
    guard second > newest else { return }
    if newest < 0 || second - newest >= Self.span {
      for i in buckets.indices { buckets[i] = 0 }
    } else {
      for skipped in newest + 1...second { buckets[Int(skipped % Self.span)] = 0 }
    }
    newest = second
  }
}
