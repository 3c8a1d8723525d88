// autointerp
// How far each run was when: the line of the rate chart.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

/// Prompts done, in flight and waiting to be stored over time, run by run, in bounded memory: when a run has filled its
/// samples every second one is dropped and the distance between samples doubles, so that the chart always reaches back to
/// the start.
package struct ProgressHistory: Sendable {
  /// One run's samples as columns; times are milliseconds since 1970.
  package struct Samples: Codable, Equatable, Sendable {
    package var at: [Int64] = []
    package var done: [Int] = []
    package var inFlight: [Int] = []
    package var mergeLag: [Int] = []

    fileprivate func every(_ places: StrideTo<Int>) -> Samples {
      Samples(
        at: places.map { at[$0] }, done: places.map { done[$0] }, inFlight: places.map { inFlight[$0] },
        mergeLag: places.map { mergeLag[$0] })
    }
  }

  private struct Series {
    var samples = Samples()
    var distance: Int64
    var runState: RunState
  }

  private let interval: Int64
  private let capacity: Int
  private let maximumRuns: Int
  private var series: [String: Series] = [:]

  /// - Parameters:
  ///   - intervalMilliseconds: least distance between a run's samples at its start.
  ///   - capacity: samples kept of each run, at least 4.
  ///   - maximumRuns: runs kept; the ones that moved longest ago are dropped.
  package init(intervalMilliseconds: Int64, capacity: Int = 600, maximumRuns: Int = 32) {
    precondition(intervalMilliseconds >= 0 && capacity >= 4 && maximumRuns >= 1)
    interval = intervalMilliseconds
    self.capacity = capacity
    self.maximumRuns = maximumRuns
  }

  /// The samples of a run, oldest first; empty for a run never seen active.
  package func samples(of run: String) -> Samples { series[run]?.samples ?? Samples() }

  /// Takes a sample of every run that is active or has just ceased to be.
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
