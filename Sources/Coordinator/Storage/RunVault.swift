// autointerp
// `RunVault` keeps one run's file and its aggregate in step.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import Circuits
internal import Platform
internal import Synchronization

/// Owns the store and the aggregate of a run. The aggregate holds exactly what is committed: a delta is merged after
/// its transaction, on this actor, whose methods block on their own thread.
package actor RunVault {
  nonisolated let specification: RunSpecification
  nonisolated let store: any RunStore
  /// The latest figures, for a status that must not wait for a merge.
  nonisolated let figures: Mutex<RunFigures>
  private let executor: BlockingExecutor
  private let maximumBytes: Int64
  private nonisolated let progress: RebuildProgress
  /// Nil until it is needed: a finished run is not read back before somebody asks.
  private var aggregate: EdgeAggregate?
  /// The digests of the results in the aggregate.
  private var digests = ResultSetDigest()
  private var lastUse = ContinuousClock.now
  private var deltaBytes: Int64 = 0
  private var span: WorkSpan?
  /// Increases whenever an export would change. It can be read while results are read or merged.
  nonisolated var generation: Int64 { generations.withLock { $0 } }
  private nonisolated let generations = Mutex<Int64>(0)

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  package init(_ store: any RunStore, specification: RunSpecification) {
    self.init(store, specification: specification, figures: RunFigures())
  }

  /// `figures` are the numbers of a run whose aggregate is not needed yet. `progress` counts the results that `load` reads.
  init(
    _ store: any RunStore, specification: RunSpecification, figures: RunFigures, maximumBytes: Int64 = .max,
    progress: RebuildProgress = RebuildProgress()
  ) {
    self.store = store
    self.progress = progress
    self.maximumBytes = maximumBytes
    self.figures = Mutex(figures)
    self.specification = specification
    executor = BlockingExecutor(label: "vault")
  }

  /// Reads the stored deltas back into the aggregate, in parallel. Returns what they say about workers.
  ///
  /// - Throws: as `RebuiltRun` does; `CancellationError` after `stopLoading`.
  func load() throws -> RebuiltRun {
    let rebuilt = try RebuiltRun(
      store, promptCount: specification.prompts.count, run: specification.name, maximumBytes: maximumBytes,
      progress: progress)
    aggregate = rebuilt.aggregate
    digests = rebuilt.digests
    deltaBytes = rebuilt.deltaBytes
    span = rebuilt.span
    publish()
    return rebuilt
  }

  /// Makes a `load` that is under way, and all later ones, end soon. Any thread may call it.
  nonisolated func stopLoading() { progress.cancel() }

  /// What became of writes that are on the disk.
  package struct Written: Sendable {
    /// How long the transaction took.
    package var times: CommitTimes
    /// Why the aggregate could not follow; nil if it did. It is then made again from the file when it is needed.
    package var problem: String?
  }

  /// Writes `writes` durably in one transaction, then merges their deltas.
  ///
  /// Between merges other callers get a turn and may see only some deltas of a transaction. Only one call may run at a
  /// time.
  ///
  /// - Throws: an error if nothing was written. The same writes may then be tried again. After the transaction nothing
  ///   throws, because failures and orders must not be written twice.
  @discardableResult
  package func perform(_ writes: [RunWrite], now: Int64) async throws -> Written {
    let deltas = writes.deltas
    // Orders and other facts of a finished run do not need its results.
    if !deltas.isEmpty { try ensureAggregate() }
    let (outcomes, times) = try store.write(AtlasBatch.batches(of: writes, at: now))
    generations.withLock { $0 += 1 }
    do {
      try await follow(writes, zip(deltas, outcomes), now: now)
      return Written(times: times)
    } catch {
      aggregate = nil
      return Written(times: times, problem: "\(error)")
    }
  }

  /// Brings the aggregate up to date with writes that are on the disk.
  private func follow(
    _ writes: [RunWrite], _ deltas: some Sequence<(CheckedDelta, DeltaOutcome)>, now: Int64
  ) async throws {
    if writes.contains(where: \.takesBack) {
      // A merged delta cannot be subtracted, so the aggregate is rebuilt from the remaining deltas.
      _ = try load()
      if writes.contains(.state(.complete)) { publish(isFinal: true) }
      return
    }
    for (delta, outcome) in deltas {
      try merge(delta, outcome)
      span.extend(by: WorkSpan(receivedAt: now, computeMilliseconds: delta.computeMilliseconds))
      await Task.yield()
    }
    publish(isFinal: writes.contains(.state(.complete)))
  }

  /// A copy of the current aggregate, which merging does not change.
  func snapshot() throws -> EdgeAggregate {
    try ensureAggregate()
    return aggregate ?? EdgeAggregate()
  }

  /// A copy of the current aggregate with the digest of the results in it.
  func result() throws -> (aggregate: EdgeAggregate, resultsDigest: String) {
    try ensureAggregate()
    return (aggregate ?? EdgeAggregate(), digests.text)
  }

  /// What an export is made of: the same and the BLAS kernels that computed these results. O(prompts)
  func exportBasis() throws -> (aggregate: EdgeAggregate, resultsDigest: String, computeKernels: [String]) {
    let (aggregate, resultsDigest) = try result()
    return (aggregate, resultsDigest, try store.computeKernels())
  }

  /// The leading neurons, each with the edges that carry most.
  func topNeurons(sortedBy order: NeuronOrder, limit: Int, edgesPerNeuron: Int) throws -> [NeuronProfile] {
    try ensureAggregate()
    return aggregate?.topNeurons(
      sortedBy: order, limit: limit, topCount: edgesPerNeuron, edgesBy: .flow, rule: specification.settings.rule) ?? []
  }

  func profile(of neuron: NeuronID, edgesPerNeuron: Int) throws -> NeuronProfile? {
    try ensureAggregate()
    return aggregate?.profile(of: neuron, topCount: edgesPerNeuron, edgesBy: .flow)
  }

  func trust() throws -> (rule: AttributionRule, calibration: TrustCalibration) {
    try ensureAggregate()
    let rule = specification.settings.rule
    return (rule, aggregate?.trustCalibration(rule) ?? TrustCalibration(cells: [:]))
  }

  /// Frees the aggregate of a finished run and closes its file if nobody has needed it for `idleTime`. Its figures stay,
  /// and the next question reads it back.
  func releaseAggregate(idleFor idleTime: Duration, now: ContinuousClock.Instant = .now) {
    guard now - lastUse >= idleTime else { return }
    if aggregate != nil {
      aggregate = nil
      figures.withLock { $0.aggregateBytes = 0 }
    }
    // Its tables may be under way; then it is closed the next time.
    try? store.rest()
  }

  var isAggregateInMemory: Bool { aggregate != nil }

  func texts(ofTokens tokens: Set<Int32>) throws -> [Int32: String] {
    try ensureAggregate()
    return tokens.reduce(into: [:]) { $0[$1] = aggregate?.text(ofToken: $1) }
  }

  package func close() throws { try store.finish() }

  private func ensureAggregate() throws {
    lastUse = .now
    if aggregate == nil { _ = try load() }
  }

  private func merge(_ delta: CheckedDelta, _ outcome: DeltaOutcome) throws {
    guard aggregate?.contains(prompt: delta.delta.prompt) == false else { return }
    // The machine accepts one delta per prompt, so an existing one was written by an earlier attempt.
    guard outcome != .conflicting else {
      throw CoordinatorError.damagedDelta(
        run: specification.name, prompt: delta.delta.prompt,
        reason: "the file holds a second, different result, which was not merged")
    }
    try aggregate?.merge(delta.valid)
    digests.add(prompt: delta.delta.prompt, digest: delta.digest.bytes)
    deltaBytes += Int64(delta.payload.count)
  }

  private func publish(isFinal: Bool = false) {
    guard let aggregate else { return }
    let new = RunFigures(
      aggregate, deltaBytes: deltaBytes, span: span, rule: specification.settings.rule,
      earlier: figures.withLock { $0 }, isFinal: isFinal)
    figures.withLock { $0 = new }
  }
}

extension RunWrite {
  /// True if a result that may be merged is no longer valid after this.
  fileprivate var takesBack: Bool {
    switch self {
    case .discard, .check(_, _, _, _, .replacement): true
    default: false
    }
  }
}
