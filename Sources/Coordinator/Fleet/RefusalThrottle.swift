// autointerp
// `RefusalThrottle` decides which refusals are logged, so that refused peers cannot fill the log.
// SPDX-License-Identifier: Apache-2.0

/// Logs a refusal once a minute per refused peer, with the number of refusals that were not logged. Refused peers can
/// neither fill a log nor push important errors out of the recent ones. The number of peers is bounded; all beyond it
/// share one entry.
struct RefusalThrottle: Sendable {
  private struct Turn {
    var since: Duration
    /// Refusals since then that were not logged.
    var untold = 0
  }

  /// The entry of all peers for which there was no room.
  static let others = "others"
  static let interval: Duration = .seconds(60)
  private static let capacity = 64

  private var turns: [String: Turn] = [:]

  /// Counts a refusal.
  ///
  /// - Returns: nil if it must not be logged, otherwise the number of earlier refusals that were not.
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

  /// The peers whose minute is over and that had refusals which were not logged. A new minute begins for them.
  mutating func overdue(now: Duration) -> [(subject: String, untold: Int)] {
    let over = turns.filter { $0.value.untold > 0 && now - $0.value.since >= Self.interval }
    for subject in over.keys { turns[subject] = Turn(since: now) }
    return over.sorted { $0.key < $1.key }.map { ($0.key, $0.value.untold) }
  }
}
