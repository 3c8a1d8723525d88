// autointerp
// `RebuiltRun` rebuilds a run's aggregate from its stored deltas.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Dispatch
internal import Synchronization

/// The sum of a run's stored deltas.
///
/// All cores read and merge parts, which are then merged with each other. The result does not depend on the grouping.
struct RebuiltRun: Sendable {
  private(set) var aggregate = EdgeAggregate()
  private(set) var deltaBytes: Int64 = 0
  private(set) var computeMilliseconds: Int64 = 0
  private(set) var computeKernels: Set<String> = []
  private(set) var span: WorkSpan?
  private(set) var digests = ResultSetDigest()

  private init() {}

  /// Blocks. O(bytes of all deltas), divided over the cores.
  ///
  /// - Throws: `CoordinatorError.damagedDelta` if bytes do not match their stored digest; `tooLarge` if a part of the statistics
  ///   needs more than `maximumBytes` of memory; `CancellationError` if `progress` was cancelled.
  init(
    _ store: any RunStore, promptCount: Int, run: String, parts: Int = 2, maximumBytes: Int64 = .max,
    progress: RebuildProgress = RebuildProgress()
  ) throws {
    let count = max(1, min(parts, promptCount))
    let results = Mutex<[Int: Result<RebuiltRun, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: count) { part in
      let range = Int32(promptCount * part / count)..<Int32(promptCount * (part + 1) / count)
      let result = Result { try RebuiltRun(store, prompts: range, run: run, maximumBytes, progress) }
      results.withLock { $0[part] = result }
    }
    let rebuilt = try results.withLock { results in try (0..<count).compactMap { try results[$0]?.get() } }
    self = rebuilt.first ?? RebuiltRun()
    for part in rebuilt.dropFirst() {
      try aggregate.merge(part.aggregate)
      deltaBytes += part.deltaBytes
      computeMilliseconds.addSaturating(part.computeMilliseconds)
      computeKernels.formUnion(part.computeKernels)
      digests.formUnion(part.digests)
      if let more = part.span { span.extend(by: more) }
    }
  }

  private init(
    _ store: any RunStore, prompts: Range<Int32>, run: String, _ maximumBytes: Int64, _ progress: RebuildProgress
  ) throws {
    try store.forEachDelta(in: prompts) { stored in
      try progress.advance()
      // Measuring takes time that grows with the prompts.
      if stored.prompt % 16 == 0 {
        guard Int64(aggregate.residentBytes) <= maximumBytes else {
          throw CoordinatorError.tooLarge(run: run, limitBytes: maximumBytes)
        }
      }
      do {
        let delta = try ValidDelta(payload: stored.payload)
        guard DeltaDigest(of: stored.payload).bytes == stored.digest, delta.prompt == stored.prompt else {
          throw CoordinatorError.damagedDelta(
            run: run, prompt: stored.prompt, reason: "its bytes do not match their stored digest")
        }
        try aggregate.merge(delta)
        digests.add(prompt: stored.prompt, digest: stored.digest)
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
