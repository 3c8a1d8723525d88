// autointerp
// Snapshots of the state, encoded once for all readers.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol

/// Takes snapshots from the source and shares each among all readers for a moment, so that a thousand workers' worth of
/// JSON is not encoded once for every open dashboard.
actor StatusFeed {
  /// The state at one moment and its JSON, a single line.
  struct Snapshot: Sendable {
    var status: FleetStatus
    var json: [UInt8]

    /// Equal in everything but the time of day.
    func says(sameAs other: Snapshot) -> Bool {
      var status = status
      status.now = other.status.now
      return status == other.status
    }
  }

  nonisolated let source: any StatusSource
  private let lifetime: Duration
  private var history: ProgressHistory
  private let neuronsLifetime: Duration
  private var neurons: [NeuronQuery: (reports: [NeuronReport], taken: ContinuousClock.Instant)] = [:]
  private var latest: (snapshot: Snapshot, taken: ContinuousClock.Instant)?

  init(source: any StatusSource, configuration: StatusServerConfiguration) {
    self.source = source
    lifetime = configuration.snapshotLifetime
    neuronsLifetime = configuration.neuronsLifetime
    let interval = configuration.historyInterval.components
    history = ProgressHistory(
      intervalMilliseconds: interval.seconds * 1000 + interval.attoseconds / 1_000_000_000_000_000)
  }

  /// A snapshot that is at most its lifetime old.
  ///
  /// - Throws: when the state has no JSON form, which is a defect of the source.
  func snapshot() async throws -> Snapshot {
    if let latest, ContinuousClock.now - latest.taken < lifetime { return latest.snapshot }
    let status = await source.status()
    let snapshot = Snapshot(status: status, json: try StatusJSON.encode(status))
    // Another reader may have been here while we waited: keep the newer one.
    if latest.map({ $0.snapshot.status.now <= status.now }) ?? true { latest = (snapshot, .now) }
    return snapshot
  }

  /// The leading neurons, at most their lifetime old.
  ///
  /// - Throws: what the source throws.
  func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport] {
    if let known = neurons[query], ContinuousClock.now - known.taken < neuronsLifetime { return known.reports }
    let reports = try await source.topNeurons(query)
    let now = ContinuousClock.now
    // What is old goes, so what stays is bounded by what is asked within a lifetime.
    neurons = neurons.filter { now - $0.value.taken < neuronsLifetime }
    neurons[query] = (reports, now)
    return reports
  }

  /// Adds the state now to the progress history.
  func sample() async { history.record(await source.status()) }

  func history(of run: String) -> ProgressHistory.Samples { history.samples(of: run) }
}
