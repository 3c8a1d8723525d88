// autointerp
// `ProgressHistory` records how many prompts of each run were done over time, for the rate chart.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

/// Records the prompts done, in flight and waiting to be stored of each run, in bounded memory. When the samples of a
/// run are full, every second one is dropped and the time between samples doubles, so that the chart always reaches
/// back to the start.
package struct ProgressHistory: Sendable {
  private struct Series {
    var samples = ProgressSamples()
    var distance: Int64
    var runState: RunState
  }

  private let interval: Int64
  private let capacity: Int
  private let maximumRuns: Int
  private var series: [String: Series] = [:]

  /// - Parameters:
  ///   - intervalMilliseconds: the smallest time between a run's samples at its start.
  ///   - capacity: how many samples of a run are kept, at least 4.
  ///   - maximumRuns: how many runs are kept. Those without news for the longest time are dropped.
  package init(intervalMilliseconds: Int64, capacity: Int = 600, maximumRuns: Int = 32) {
    precondition(intervalMilliseconds >= 0 && capacity >= 4 && maximumRuns >= 1)
    interval = intervalMilliseconds
    self.capacity = capacity
    self.maximumRuns = maximumRuns
  }

  /// The samples of a run, oldest first; none for a run that was never active.
  package func samples(of run: String) -> ProgressSamples { series[run]?.samples ?? ProgressSamples() }

  /// Takes a sample of every run that is active or has just stopped being active.
  package mutating func record(_ status: FleetStatus) {
    for run in status.runs {
      var entry = series[run.name] ?? Series(distance: interval, runState: .queued)
      let ended = entry.runState == .active && run.state != .active
      entry.runState = run.state
      if run.state == .active || ended { append(run, at: status.now, always: ended, to: &entry) }
      if !entry.samples.at.isEmpty { series[run.name] = entry }
    }
    while series.count > maximumRuns,
      let oldest = series.min(by: { ($0.value.samples.at.last ?? 0, $0.key) < ($1.value.samples.at.last ?? 0, $1.key) })
    {
      series[oldest.key] = nil
    }
  }

  private func append(_ run: RunStatus, at now: Int64, always: Bool, to entry: inout Series) {
    if let last = entry.samples.at.last {
      guard now > last, always || now - last >= entry.distance else { return }
    }
    entry.samples.at.append(now)
    entry.samples.done.append(run.done)
    entry.samples.inFlight.append(run.inFlight)
    entry.samples.mergeLag.append(run.mergeLag)
    guard entry.samples.at.count > capacity else { return }
    entry.samples = entry.samples.every(
      stride(from: entry.samples.at.count % 2 == 0 ? 1 : 0, to: entry.samples.at.count, by: 2))
    entry.distance = max(entry.distance, 1) * 2
  }
}

extension ProgressSamples {
  fileprivate func every(_ places: StrideTo<Int>) -> ProgressSamples {
    ProgressSamples(
      at: places.map { at[$0] }, done: places.map { done[$0] }, inFlight: places.map { inFlight[$0] },
      mergeLag: places.map { mergeLag[$0] })
  }
}
