// autointerp
// A delta that may be stored and merged.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol

/// A delta whose bytes are decoded and valid; what passes here can be stored and is then sure to merge.
package struct CheckedDelta: Sendable {
  package let delta: EdgeDelta
  package let payload: [UInt8]
  package let digest: DeltaDigest

  /// Decodes and checks what a worker sent. The work of a few milliseconds: not for an actor that others wait for.
  ///
  /// `expectedOrigin` is that of the prompt in the run, nil when the run is not known.
  ///
  /// - Throws: `ProtocolError`, `CircuitError`.
  package init(_ report: WorkerMessage.DeltaReport, expectedOrigin: PromptOrigin?) throws {
    let delta = try report.delta()
    if let expectedOrigin, delta.origin != expectedOrigin {
      throw ProtocolError.invalid(
        field: "delta.payload.origin", reason: "is \(delta.origin), but the prompt is of the \(expectedOrigin)")
    }
    try delta.validate()
    self.delta = delta
    payload = report.payload
    digest = DeltaDigest(of: report.payload)
  }

  /// Reads a stored delta back.
  init(payload: [UInt8]) throws {
    let delta = try EdgeDelta(payload: payload)
    self.delta = delta
    self.payload = payload
    digest = DeltaDigest(of: payload)
  }
}
