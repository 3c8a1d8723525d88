// autointerp
// `ArchiveQueue` says which finished run's tables are written next, and when a failed attempt is repeated.
// SPDX-License-Identifier: Apache-2.0

/// Finished runs whose tables are to be written into their files. One is written at a time, because each needs its
/// statistics in memory.
struct ArchiveQueue: Sendable {
  private var waiting: [String] = []
  private var underWay: String?
  /// The pauses before the next attempts, of runs whose last attempt failed.
  private var pauses: [String: Duration] = [:]

  mutating func add(_ run: String) { waiting.append(run) }

  /// The run to write now and the pause before it; nil if one is being written or none waits.
  mutating func next() -> (run: String, pause: Duration)? {
    guard underWay == nil, !waiting.isEmpty else { return nil }
    let run = waiting.removeFirst()
    underWay = run
    return (run, pauses[run] ?? .zero)
  }

  mutating func succeeded() {
    if let run = underWay { pauses[run] = nil }
    underWay = nil
  }

  /// The attempt under way failed, which had waited for `pause`. If its tables are still wanted, it is repeated after a
  /// pause twice as long, within bounds. Returns true if no attempt failed before.
  mutating func failed(after pause: Duration, shortest: Duration, longest: Duration, isWanted: Bool) -> Bool {
    guard let run = underWay else { return false }
    underWay = nil
    let isFirst = pauses[run] == nil
    pauses[run] = isWanted ? max(shortest, min(pause * 2, longest)) : nil
    if isWanted { waiting.append(run) }
    return isFirst
  }

  /// 1 while a failed attempt is being repeated or waits for that.
  var retriesUnderWay: Int { underWay.flatMap { pauses[$0] } == nil ? 0 : 1 }

  /// True if a run waits whose tables nobody has tried to write.
  var hasFirstAttempts: Bool { waiting.contains { pauses[$0] == nil } }
}
