// autointerp
// `TimeHistogram` counts durations in fixed buckets; `FleetTimings` are those of a coordinator.
// SPDX-License-Identifier: Apache-2.0

/// How often something took how long, since the coordinator started.
package struct TimeHistogram: Codable, Equatable, Sendable {
  /// The upper bounds of all buckets but the last, in seconds.
  package static let bounds = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000]

  /// `[bounds + 1]`: how many durations are in each bucket, not cumulated.
  package private(set) var counts = [Int64](repeating: 0, count: bounds.count + 1)
  /// In seconds.
  package private(set) var sum = 0.0

  package init() {}

  package var count: Int64 { counts.reduce(0, +) }

  package mutating func record(_ duration: Duration) {
    let seconds = max(0, duration / .seconds(1))
    counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    sum += seconds
  }
}

/// How long the steps of a prompt's journey take in a coordinator.
package struct FleetTimings: Codable, Equatable, Sendable {
  /// From a lease to its accepted delta.
  package var leaseToDelta = TimeHistogram()
  /// A write of a batch: its transaction, which the disk must confirm, and the merge of its deltas.
  package var write = TimeHistogram()
  /// The transaction alone.
  package var commit = TimeHistogram()
  /// The end of the transaction: from its last statement until the disk confirmed its log (fsync).
  package var sync = TimeHistogram()
  /// The making of an export.
  package var export = TimeHistogram()

  package init() {}

  /// What an earlier release does not send is empty.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func times(_ key: CodingKeys) throws -> TimeHistogram {
      try container.decodeIfPresent(TimeHistogram.self, forKey: key) ?? TimeHistogram()
    }
    leaseToDelta = try times(.leaseToDelta)
    write = try times(.write)
    commit = try times(.commit)
    sync = try times(.sync)
    export = try times(.export)
  }
}
