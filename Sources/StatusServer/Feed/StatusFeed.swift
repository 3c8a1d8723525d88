// autointerp
// `StatusFeed` takes snapshots of the state and encodes each once for all readers.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol

/// Shares each snapshot among all readers for a moment, so that the JSON of a thousand workers is not encoded once per
/// open dashboard.
actor StatusFeed {
  /// The state at one moment, and its JSON on a single line.
  struct Snapshot: Sendable {
    var status: FleetStatus
    var json: [UInt8]
    /// The same with long lists of quarantined prompts cut, for readers that get it every second.
    var eventJSON: [UInt8]

    /// True if the two differ in nothing but the time.
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
  /// True while a question is with the source. The others wait in `turns`.
  private var isAsking = false
  private var turns: [CheckedContinuation<Void, Never>] = []

  init(source: any StatusSource, configuration: StatusServerConfiguration) {
    self.source = source
    self.configuration = configuration
    let interval = configuration.historyInterval.components
    history = ProgressHistory(
      intervalMilliseconds: interval.seconds * 1000 + interval.attoseconds / 1_000_000_000_000_000)
  }

  /// A snapshot that is not older than its lifetime.
  ///
  /// - Throws: an error if the state has no JSON form, which is a defect of the source.
  func snapshot() async throws -> Snapshot {
    if let latest, ContinuousClock.now - latest.taken < configuration.snapshotLifetime { return latest.snapshot }
    let status = await source.status()
    let json = try StatusJSON.encode(status)
    let short = status.withQuarantineCut(to: configuration.maximumQuarantinedInEvents)
    let snapshot = Snapshot(
      status: status, json: json, eventJSON: short == status ? json : try StatusJSON.encode(short))
    // Another reader may have been here during the wait, so keep the newer snapshot.
    if latest.map({ $0.snapshot.status.now <= status.now }) ?? true { latest = (snapshot, .now) }
    return snapshot
  }

  /// The leading neurons, not older than their lifetime.
  ///
  /// - Throws: the source's errors.
  func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport] {
    try await reports(.top(query)) { try await $0.topNeurons(query) }
  }

  /// One neuron, not older than its lifetime.
  ///
  /// - Throws: the source's errors.
  func profile(of neuron: NeuronID, run: String) async throws -> NeuronReport {
    try await reports(.profile(neuron, run: run)) { [try await $0.profile(of: neuron, run: run)] }[0]
  }

  /// A question takes a pass over all edges on the thread that also merges. So only one is asked at a time, between
  /// merges, and readers that ask the same meanwhile share the answer.
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
    // Drop old answers, so that their number is bounded by what is asked within a lifetime.
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

  /// Passes the turn to the next reader, for whom `isAsking` stays true.
  private func endTurn() {
    if turns.isEmpty { isAsking = false } else { turns.removeFirst().resume() }
  }

  /// Adds the current state to the histories.
  func sample() async {
    let status = await source.status()
    history.record(status)
    workers.record(status)
  }

  func history(of run: String) -> ProgressSamples { history.samples(of: run) }

  func workerSamples() -> WorkerHistory.Samples { workers.samples }
}

extension FleetStatus {
  /// Lists at most `count` quarantined prompts of each run.
  func withQuarantineCut(to count: Int) -> FleetStatus {
    var status = self
    for i in status.runs.indices where status.runs[i].quarantined.count > count {
      status.runs[i].quarantinedBeyond += status.runs[i].quarantined.count - count
      status.runs[i].quarantined.removeLast(status.runs[i].quarantined.count - count)
    }
    return status
  }
}
