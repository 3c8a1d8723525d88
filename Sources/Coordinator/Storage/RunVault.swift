// autointerp
// One run's file and its aggregate, always in step.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
internal import Synchronization

/// Owns the store and the aggregate of a run. What is in the aggregate is exactly what is committed: a delta is merged
/// after its transaction, on this actor, whose methods block on a thread of its own.
package actor RunVault {
  nonisolated let specification: RunSpecification
  nonisolated let store: any RunStore
  /// The latest numbers, for a status that must not wait for a merge.
  nonisolated let figures: Mutex<RunFigures>
  private let executor: BlockingExecutor
  /// Nil until it is needed: finished runs are not read back before somebody asks.
  private var aggregate: EdgeAggregate?
  private var lastUse = ContinuousClock.now
  private var deltaBytes: Int64 = 0
  private var span: WorkSpan?
  /// Grows with every change of what an export would say.
  private(set) var generation: Int64 = 0

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  package init(_ store: any RunStore, specification: RunSpecification) {
    self.init(store, specification: specification, figures: RunFigures())
  }

  /// `figures` are the numbers of a run whose aggregate is not needed yet.
  init(_ store: any RunStore, specification: RunSpecification, figures: RunFigures) {
    self.store = store
    self.figures = Mutex(figures)
    self.specification = specification
    executor = BlockingExecutor(label: "vault")
  }

  /// Reads the stored deltas back into the aggregate, in parallel; returns what they tell about workers.
  func load() throws -> RebuiltRun {
    let rebuilt = try RebuiltRun(store, promptCount: specification.prompts.count, run: specification.name)
    aggregate = rebuilt.aggregate
    deltaBytes = rebuilt.deltaBytes
    span = rebuilt.span
    publish()
    return rebuilt
  }

  /// Makes `writes` durable in one transaction, then merges their deltas. Repeating it after a failure does no harm: when
  /// the transaction failed nothing was written, and what is merged already is not merged again.
  ///
  /// Between merges whoever else asks gets a turn, and may see some deltas of a transaction without the others. One call
  /// at a time.
  ///
  /// - Throws: what the store throws. The aggregate is unchanged then.
  package func perform(_ writes: [RunWrite], deltas: [DeltaTicket: CheckedDelta], now: Int64) async throws {
    try ensureAggregate()
    let batches = WriteBatch.batches(of: writes)
    let checked = batches.flatMap(\.deltas).map { accepted in
      guard let delta = deltas[accepted.receipt.ticket] else {
        preconditionFailure("the bytes of a delta were let go")
      }
      return delta
    }
    var payloads = checked.makeIterator()
    let outcomes = try store.write(
      batches.map { batch in
        AtlasBatch(batch, deltas: batch.deltas.map { StoredDelta($0, payload: payloads.next()!.payload, at: now) })
      })
    for (delta, outcome) in zip(checked, outcomes) {
      try merge(delta, outcome)
      await Task.yield()
    }
    for delta in batches.flatMap(\.deltas) {
      span.extend(by: WorkSpan(receivedAt: now, computeMilliseconds: delta.receipt.computeMilliseconds))
    }
    generation += 1
    publish()
  }

  /// The aggregate as it stands; a copy that merging does not touch.
  func snapshot() throws -> EdgeAggregate {
    try ensureAggregate()
    return aggregate ?? EdgeAggregate()
  }

  /// The leading neurons, each with the edges that carry most.
  func topNeurons(sortedBy order: NeuronOrder, limit: Int, edgesPerNeuron: Int) throws -> [NeuronProfile] {
    try ensureAggregate()
    return aggregate?.topNeurons(sortedBy: order, limit: limit, topCount: edgesPerNeuron, edgesBy: .flow) ?? []
  }

  func profile(of neuron: NeuronID, edgesPerNeuron: Int) throws -> NeuronProfile? {
    try ensureAggregate()
    return aggregate?.profile(of: neuron, topCount: edgesPerNeuron, edgesBy: .flow)
  }

  /// Lets the aggregate go when nobody has needed it for `idleTime`; whoever asks next has it read back. For finished
  /// runs: their numbers stay.
  func releaseAggregate(idleFor idleTime: Duration, now: ContinuousClock.Instant = .now) {
    guard aggregate != nil, now - lastUse >= idleTime else { return }
    aggregate = nil
    figures.withLock { $0.aggregateBytes = 0 }
  }

  var isAggregateInMemory: Bool { aggregate != nil }

  func text(ofToken token: Int32) -> String? { aggregate?.text(ofToken: token) }

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
    // The machine lets one delta a prompt through, so what was there already is what an earlier try wrote.
    guard outcome != .conflicting else {
      throw CoordinatorError.damagedDelta(
        run: specification.name, prompt: delta.delta.prompt, reason: "the file has another one that is not merged")
    }
    try aggregate?.merge(delta.delta)
    deltaBytes += Int64(delta.payload.count)
  }

  private func publish() {
    guard let aggregate else { return }
    let new = RunFigures(aggregate, deltaBytes: deltaBytes, span: span)
    figures.withLock { $0 = new }
  }
}

extension AtlasBatch {
  fileprivate init(_ batch: WriteBatch, deltas: [StoredDelta]) {
    self.init()
    releasesQuarantine = batch.releases
    modelFingerprint = batch.fingerprint
    workers = batch.workers
    failures = batch.failures
    quarantined = batch.quarantined
    self.deltas = deltas
    state = batch.state
  }
}

extension StoredDelta {
  fileprivate init(_ delta: AcceptedDelta, payload: [UInt8], at now: Int64) {
    let receipt = delta.receipt
    self.init(
      prompt: receipt.fence.prompt, attempt: receipt.fence.attempt, worker: delta.worker,
      incarnation: receipt.fence.incarnation, computeKernel: delta.computeKernel,
      computeMilliseconds: receipt.computeMilliseconds, receivedAt: now, digest: receipt.digest.bytes, payload: payload)
  }
}
