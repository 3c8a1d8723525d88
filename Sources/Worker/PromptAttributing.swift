// autointerp
// What a worker's compute threads call.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol
internal import Synchronization

/// Turns one leased prompt into its graph. Called by several threads at once, each with a prompt of its own.
package protocol PromptAttributing: Sendable {
  /// Blocks its thread until the graph is there.
  ///
  /// - Parameters:
  ///   - lease: The prompt, its template and settings.
  ///   - progress: To be advanced while work is being done, at least every few seconds: a worker whose counter stands
  ///     still is taken for wedged.
  /// - Returns: The delta of `lease.fence.prompt`.
  /// - Throws: `LeaseFailure` to say whose fault it is; any other error counts as the prompt's, which another worker may
  ///   then confirm.
  func attribute(_ lease: CoordinatorMessage.Lease, progress: ProgressCounter) throws -> EdgeDelta
}

/// Why a prompt was not attributed, and whether the prompt or this worker is to blame.
package struct LeaseFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package var kind: WorkerMessage.FailureReport.Kind
  package var reason: String

  package init(_ kind: WorkerMessage.FailureReport.Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  package var description: String { reason }
}

/// A number that grows while a prompt is worked on; any thread may advance and read it.
package final class ProgressCounter: Sendable {
  private let steps = Atomic<Int64>(0)

  package init() {}

  package func advance() { steps.add(1, ordering: .relaxed) }

  package var value: Int64 { steps.load(ordering: .relaxed) }
}
