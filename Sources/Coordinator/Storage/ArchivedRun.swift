// autointerp
// `ArchivedRun` reads a run's specification from its file and merges its deltas, without a coordinator.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
package import ClusterProtocol

/// The specification and the aggregate of a run's file, also of one that is under way.
package struct ArchivedRun: Sendable {
  package let specification: RunSpecification
  package let aggregate: EdgeAggregate
  package let quarantined: [Int32]
  package let state: RunState
  /// The bytes of all deltas.
  package let deltaBytes: Int64

  /// Reads the file at `path` and merges its deltas. Blocks; O(bytes of all deltas).
  ///
  /// A state that this version does not know counts as active.
  /// - Throws: `AtlasError`; `CoordinatorError.damagedDelta` naming the prompt.
  package init(path: String) throws {
    let reader = try AtlasReader(path: path)
    let specification = try reader.specification()
    var aggregate = EdgeAggregate()
    var deltaBytes: Int64 = 0
    let state = try reader.state { prompt, payload in
      deltaBytes += Int64(payload.count)
      do {
        try aggregate.merge(try ValidDelta(payload: payload))
      } catch {
        throw CoordinatorError.damagedDelta(run: specification.name, prompt: prompt, reason: "\(error)")
      }
    }
    self.specification = specification
    self.aggregate = aggregate
    self.deltaBytes = deltaBytes
    quarantined = try reader.quarantinedPrompts()
    self.state = RunState(rawValue: state.state) ?? .active
  }
}
