// autointerp
// `PromptAttributing` is the interface by which a worker's threads compute a prompt; `LeaseFailure` says why one failed.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol
internal import Synchronization

/// Computes the graph of a leased prompt. Several threads call it at once, each with another prompt.
package protocol PromptAttributing: Sendable {
  /// Computes the graph and blocks the thread until it is done.
  ///
  /// - Parameters:
  ///   - lease: the prompt, its template and its settings.
  ///   - progress: must advance at least every few seconds while work goes on; otherwise the worker counts as stuck.
  /// - Returns: the delta of `lease.fence.prompt`.
  /// - Throws: `LeaseFailure` to say who is to blame. Any other error counts as the prompt's; another worker may
  ///   confirm it.
  func attribute(_ lease: CoordinatorMessage.Lease, progress: ProgressCounter) throws -> EdgeDelta
}

/// Says why a prompt failed, and whether the prompt or this worker is to blame.
package struct LeaseFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package var kind: WorkerMessage.FailureReport.Kind
  package var reason: String

  package init(_ kind: WorkerMessage.FailureReport.Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  package var description: String { reason }
}

/// A counter that grows while a prompt is computed. Any thread may advance or read it.
package final class ProgressCounter: Sendable {
  private let steps = Atomic<Int64>(0)

  package init() {}

  package func advance() { steps.add(1, ordering: .relaxed) }

  package var value: Int64 { steps.load(ordering: .relaxed) }
}
