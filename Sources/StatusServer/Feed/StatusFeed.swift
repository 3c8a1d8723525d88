// autointerp
// Snapshots of the state, encoded once for all readers.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol

/// Takes snapshots from the source and shares each among all readers for a moment, so that a thousand workers' worth of
/// JSON is not encoded once for every open dashboard.
actor StatusFeed {
  /// The state at one moment and its JSON, a single line.
  struct Snapshot: Sendable {
    var status: FleetStatus
    var json: [UInt8]
    /// The same with long lists of quarantined prompts cut, for those who get it every second.
    var eventJSON: [UInt8]

    /// Equal in everything but the time of day.
    func says(sameAs other: Snapshot) -> Bool {
      var status = status
      status.now = other.status.now
      return status == other.status
    }
  }

  private enum Question: Hashable {
    case top(NeuronQuery)
    case profile(NeuronID, run: String)
  }

  nonisolated let source: any StatusSource
  private let configuration: StatusServerConfiguration
  private var history: ProgressHistory
  private var workers = WorkerHistory()
  private var latest: (snapshot: Snapshot, taken: ContinuousClock.Instant)?
  private var answers: [Question: (reports: [NeuronReport], taken: ContinuousClock.Instant)] = [:]
  /// Whether a question is with the source, and who waits for their turn.
  private var isAsking = false
  private var turns: [CheckedContinuation<Void, Never>] = []

  init(source: any StatusSource, configuration: StatusServerConfiguration) {
    self.source = source
    self.configuration = configuration
    let interval = configuration.historyInterval.components
    history = ProgressHistory(
      intervalMilliseconds: interval.seconds * 1000 + interval.attoseconds / 1_000_000_000_000_000)
  }

  /// A snapshot that is at most its lifetime old.
  ///
  /// - Throws: when the state has no JSON form, which is a defect of the source.
  func snapshot() async throws -> Snapshot {
    if let latest, ContinuousClock.now - latest.taken < configuration.snapshotLifetime { return latest.snapshot }
    let status = await source.status()
    let json = try StatusJSON.encode(status)
    let short = status.withQuarantineCut(to: configuration.maximumQuarantinedInEvents)
    let snapshot = Snapshot(
      status: status, json: json, eventJSON: short == status ? json : try StatusJSON.encode(short))
    // Another reader may have been here while we waited: keep the newer one.
    if latest.map({ $0.snapshot.status.now <= status.now }) ?? true { latest = (snapshot, .now) }
    return snapshot
  }

  /// The leading neurons, at most their lifetime old.
  ///
  /// - Throws: what the source throws.
  func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport] {
    try await reports(.top(query)) { try await $0.topNeurons(query) }
  }

  /// One neuron, at most its lifetime old.
  ///
  /// - Throws: what the source throws.
  func profile(of neuron: NeuronID, run: String) async throws -> NeuronReport {
    try await reports(.profile(neuron, run: run)) { [try await $0.profile(of: neuron, run: run)] }[0]
  }

  /// Questions take a pass over all edges on the thread that merges as well. So one is asked at a time, between merges;
  /// whoever asks the same meanwhile gets the same answer.
  private func reports(
    _ question: Question, _ ask: @Sendable (any StatusSource) async throws -> [NeuronReport]
  ) async throws -> [NeuronReport] {
    if let known = known(question) { return known }
    if isAsking {
      await withCheckedContinuation { turns.append($0) }
      if let known = known(question) {
        endTurn()
        return known
      }
    }
    isAsking = true
    defer { endTurn() }
    let reports = try await ask(source)
    // What is old goes, so what stays is bounded by what is asked within a lifetime.
    let now = ContinuousClock.now
    answers = answers.filter { now - $0.value.taken < configuration.neuronsLifetime }
    answers[question] = (reports, now)
    return reports
  }

  private func known(_ question: Question) -> [NeuronReport]? {
    guard let answer = answers[question], ContinuousClock.now - answer.taken < configuration.neuronsLifetime else {
      return nil
    }
    return answer.reports
  }

  /// The turn is handed to the next in line, who finds `isAsking` as it is.
  private func endTurn() {
    if turns.isEmpty { isAsking = false } else { turns.removeFirst().resume() }
  }

  /// Adds the state now to the histories.
  func sample() async {
    let status = await source.status()
    history.record(status)
    workers.record(status)
  }

  func history(of run: String) -> ProgressHistory.Samples { history.samples(of: run) }

  func workerSamples() -> WorkerHistory.Samples { workers.samples }
}

extension FleetStatus {
  /// With at most `count` quarantined prompts listed of each run.
  func withQuarantineCut(to count: Int) -> FleetStatus {
    var status = self
    for i in status.runs.indices where status.runs[i].quarantined.count > count {
      status.runs[i].quarantinedBeyond += status.runs[i].quarantined.count - count
      status.runs[i].quarantined.removeLast(status.runs[i].quarantined.count - count)
    }
    return status
  }
}
