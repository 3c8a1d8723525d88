// autointerp
// `CheckedDelta` is a worker's delta that has been checked and may be stored and merged.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol
internal import Platform

/// A decoded, valid delta. It can be stored and is then sure to merge. Deltas have this form from the frame that brings
/// them to the row that stores them.
package struct CheckedDelta: Equatable, Sendable {
  package var fence: Fence
  package var computeMilliseconds: Int64
  package var valid: ValidDelta
  package var payload: [UInt8]
  package var digest: DeltaDigest
  /// The fingerprint of the model with whose card it was checked; nil if there was no card.
  package var model: String?

  package var delta: EdgeDelta { valid.delta }
}

extension CheckedDelta {
  /// Decodes and checks what a worker sent. The work of a few milliseconds: not for an actor that others wait for.
  ///
  /// - Throws: `ProtocolError`, `CircuitError`.
  package init(_ report: WorkerMessage.DeltaReport, _ contract: DeltaContract) throws {
    let valid = try report.delta()
    try contract.check(valid.delta)
    self.init(
      fence: report.fence, computeMilliseconds: report.computeMilliseconds, valid: valid, payload: report.payload,
      digest: DeltaDigest(of: report.payload), model: contract.card == nil ? nil : contract.model)
  }
}
