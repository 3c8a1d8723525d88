// autointerp
// `StoredRunExport` makes the edge statistics of a run from its file, without a coordinator.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
internal import ClusterProtocol
internal import Knowledge

/// The export of the results that a file has. Its bytes are those that a coordinator with these results writes.
package struct StoredRunExport: Sendable {
  package let statistics: EdgeStatisticsExport
  /// How many prompts are in it, and how many the run has.
  package let merged: Int
  package let prompts: Int
  /// Prompts that were given up.
  package let quarantined: Int

  /// Reads the file of a run, which may be under way. Blocks. O(bytes of all results)
  ///
  /// - Parameter path: of the SQLite file.
  /// - Throws: an `AtlasError`; `CoordinatorError.damagedDelta` if a result does not match its digest.
  package init(_ path: String) throws {
    let reader = try AtlasReader(path: path)
    let specification = try reader.specification()
    let finished = try reader.finished()
    let given = try reader.quarantinedPrompts()
    var (aggregate, digests) = (EdgeAggregate(), ResultSetDigest())
    try reader.forEachDelta(of: Set(finished.prompts)) { stored in
      func damaged(_ reason: String) -> CoordinatorError {
        .damagedDelta(run: specification.name, prompt: stored.prompt, reason: reason)
      }
      guard DeltaDigest(of: stored.payload).bytes == stored.digest else {
        throw damaged("its bytes do not match their stored digest")
      }
      do {
        try aggregate.merge(try ValidDelta(payload: stored.payload))
      } catch { throw damaged("\(error)") }
      digests.add(prompt: stored.prompt, digest: stored.digest)
    }
    let merging = aggregate
    statistics = EdgeStatisticsExport(
      aggregate: merging, specification: specification, quarantined: given, resultsDigest: digests.text,
      computeKernels: finished.kernels.sorted(),
      additions: { RunKnowledge(aggregate: merging, specification: specification) })
    merged = finished.prompts.count
    prompts = specification.prompts.count
    quarantined = given.count
  }
}
