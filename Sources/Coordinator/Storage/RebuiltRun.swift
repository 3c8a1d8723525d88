// autointerp
// A run's aggregate, made again from its stored deltas.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Dispatch
internal import Synchronization

/// What the stored deltas of a run add up to.
///
/// Parts are read and merged on all cores and then merged with each other: the aggregate does not depend on grouping.
struct RebuiltRun: Sendable {
  private(set) var aggregate = EdgeAggregate()
  private(set) var deltaBytes: Int64 = 0
  private(set) var computeMilliseconds: Int64 = 0
  private(set) var computeKernels: Set<String> = []
  private(set) var span: WorkSpan?

  private init() {}

  /// Blocks; O(bytes of all deltas) over the cores.
  ///
  /// - Throws: `CoordinatorError.damagedDelta` when bytes do not have the digest that they were stored with.
  init(_ store: any RunStore, promptCount: Int, run: String, parts: Int = 2) throws {
    let count = max(1, min(parts, promptCount))
    let results = Mutex<[Int: Result<RebuiltRun, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: count) { part in
      let range = Int32(promptCount * part / count)..<Int32(promptCount * (part + 1) / count)
      let result = Result { try RebuiltRun(store, prompts: range, run: run) }
      results.withLock { $0[part] = result }
    }
    let rebuilt = try results.withLock { results in try (0..<count).compactMap { try results[$0]?.get() } }
    self = rebuilt.first ?? RebuiltRun()
    for part in rebuilt.dropFirst() {
      try aggregate.merge(part.aggregate)
      deltaBytes += part.deltaBytes
      computeMilliseconds.addSaturating(part.computeMilliseconds)
      computeKernels.formUnion(part.computeKernels)
      if let more = part.span { span.extend(by: more) }
    }
  }

  private init(_ store: any RunStore, prompts: Range<Int32>, run: String) throws {
    try store.forEachDelta(in: prompts) { stored in
      do {
        let delta = try CheckedDelta(payload: stored.payload)
        guard delta.digest.bytes == stored.digest, delta.delta.prompt == stored.prompt else {
          throw CoordinatorError.damagedDelta(
            run: run, prompt: stored.prompt, reason: "its bytes do not have the digest they were stored with")
        }
        try aggregate.merge(delta.delta)
      } catch let error as CoordinatorError {
        throw error
      } catch {
        throw CoordinatorError.damagedDelta(run: run, prompt: stored.prompt, reason: "\(error)")
      }
      deltaBytes += Int64(stored.payload.count)
      computeMilliseconds.addSaturating(stored.computeMilliseconds)
      computeKernels.insert(stored.computeKernel)
      span.extend(by: WorkSpan(receivedAt: stored.receivedAt, computeMilliseconds: stored.computeMilliseconds))
    }
  }
}
