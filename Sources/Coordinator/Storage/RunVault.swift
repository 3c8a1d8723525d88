// autointerp
// One run's file and its aggregate, always in step.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Synchronization

/// Owns the store and the aggregate of a run. What is in the aggregate is exactly what is committed: a delta is merged
/// after its transaction, on this actor, whose methods block on a thread of its own.
actor RunVault {
  nonisolated let specification: RunSpecification
  nonisolated let store: any RunStore
  /// The latest numbers, for a status that must not wait for a merge.
  nonisolated let figures: Mutex<RunFigures>
  private let executor: BlockingExecutor
  /// Nil until it is needed: finished runs are not read back before somebody asks.
  private var aggregate: EdgeAggregate?
  private var deltaBytes: Int64 = 0
  /// Grows with every change of what an export would say.
  private(set) var generation: Int64 = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// `figures` are the numbers of a run whose aggregate is not needed yet.
  init(_ store: any RunStore, specification: RunSpecification, figures: RunFigures = RunFigures()) {
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
    publish()
    return rebuilt
  }

  /// Makes `writes` durable in as few transactions as possible, then merges their deltas. Repeating it after a failure
  /// in the middle does no harm.
  ///
  /// Between merges whoever else asks gets a turn, and may see some deltas of a batch without the others. One call at a
  /// time.
  ///
  /// - Throws: what the store throws. The aggregate is unchanged then, or has what was committed before.
  func perform(_ writes: [RunWrite], deltas: [DeltaTicket: CheckedDelta], now: Int64) async throws {
    try ensureAggregate()
    var batch = AtlasBatch()
    var batched: [CheckedDelta] = []
    for write in writes {
      switch write {
      case .delta(let receipt, let worker, let computeKernel):
        guard let delta = deltas[receipt.ticket] else { preconditionFailure("the bytes of a delta were let go") }
        batched.append(delta)
        batch.deltas.append(
          StoredDelta(
            prompt: receipt.fence.prompt, attempt: receipt.fence.attempt, worker: worker,
            incarnation: receipt.fence.incarnation, computeKernel: computeKernel,
            computeMilliseconds: receipt.computeMilliseconds, receivedAt: now, digest: receipt.digest.bytes,
            payload: delta.payload))
      case .failure(let failure): batch.failures.append(failure)
      case .quarantine(let quarantine): batch.quarantined.append(quarantine)
      case .worker(let worker): batch.workers.append(worker)
      case .state(let state):
        batch.state = state
        // The order of states and of what comes after them is kept.
        try await flush(&batch, &batched)
      case .release:
        try await flush(&batch, &batched)
        try store.releaseQuarantine()
      case .model(let fingerprint):
        try await flush(&batch, &batched)
        let bound = try store.bind(modelFingerprint: fingerprint)
        guard bound == fingerprint else {
          throw CoordinatorError.storage(
            run: specification.name, reason: "its file is bound to model \(bound), not to \(fingerprint)")
        }
      }
    }
    try await flush(&batch, &batched)
    generation += 1
    publish()
  }

  private func flush(_ batch: inout AtlasBatch, _ deltas: inout [CheckedDelta]) async throws {
    guard !batch.isEmpty else { return }
    let outcomes = try store.write(batch)
    for (delta, outcome) in zip(deltas, outcomes) {
      try merge(delta, outcome)
      await Task.yield()
    }
    batch = AtlasBatch()
    deltas = []
  }

  /// The aggregate as it stands; a copy that merging does not touch.
  func snapshot() throws -> EdgeAggregate {
    try ensureAggregate()
    return aggregate ?? EdgeAggregate()
  }

  func topNeurons(sortedBy order: NeuronOrder, limit: Int, edgesPerNeuron: Int) throws -> [NeuronProfile] {
    try ensureAggregate()
    return aggregate?.topNeurons(sortedBy: order, limit: limit, topCount: edgesPerNeuron) ?? []
  }

  func profile(of neuron: NeuronID, edgesPerNeuron: Int) throws -> NeuronProfile? {
    try ensureAggregate()
    return aggregate?.profile(of: neuron, topCount: edgesPerNeuron)
  }

  func text(ofToken token: Int32) -> String? { aggregate?.text(ofToken: token) }

  func texts(ofTokens tokens: Set<Int32>) throws -> [Int32: String] {
    try ensureAggregate()
    return tokens.reduce(into: [:]) { $0[$1] = aggregate?.text(ofToken: $1) }
  }

  func close() throws { try store.finish() }

  private func ensureAggregate() throws {
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
    let new = RunFigures(aggregate, deltaBytes: deltaBytes)
    figures.withLock { $0 = new }
  }
}
