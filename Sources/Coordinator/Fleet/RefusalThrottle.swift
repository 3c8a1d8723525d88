// autointerp
// How often a refusal is told.
// SPDX-License-Identifier: Apache-2.0

/// Lets a refusal be told once a minute for each of those who are refused, with the number of those that were not: nobody
/// fills a log, or washes out of the recent errors what matters, by being refused. Bounded in number: what more are
/// refused in a minute share one turn.
struct RefusalThrottle: Sendable {
  private struct Turn {
    var since: Duration
    /// Refusals since then that were not told.
    var untold = 0
  }

  /// Stands for all who came when there was no room.
  static let others = "others"
  static let interval: Duration = .seconds(60)
  private static let capacity = 64

  private var turns: [String: Turn] = [:]

  /// Counts a refusal.
  ///
  /// - Returns: nil when it is not to be told; else the number of those before it that were not.
  mutating func admit(_ subject: String, now: Duration) -> Int? {
    var subject = subject
    if turns[subject] == nil, turns.count >= Self.capacity {
      turns = turns.filter { $0.value.untold > 0 || now - $0.value.since < Self.interval }
      if turns.count >= Self.capacity { subject = Self.others }
    }
    if let turn = turns[subject], now - turn.since < Self.interval {
      turns[subject]!.untold += 1
      return nil
    }
    let untold = turns[subject]?.untold ?? 0
    turns[subject] = Turn(since: now)
    return untold
  }

  /// Those whose minute is over with refusals that were not told; the minute begins anew.
  mutating func overdue(now: Duration) -> [(subject: String, untold: Int)] {
    let over = turns.filter { $0.value.untold > 0 && now - $0.value.since >= Self.interval }
    for subject in over.keys { turns[subject] = Turn(since: now) }
    return over.sorted { $0.key < $1.key }.map { ($0.key, $0.value.untold) }
  }
}
