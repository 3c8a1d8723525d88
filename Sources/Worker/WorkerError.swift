// autointerp
// `WorkerError` says why a worker ended with an error.
// SPDX-License-Identifier: Apache-2.0

package enum WorkerError: Error, Equatable, Sendable {
  /// The coordinator refuses this worker.
  case refused(reason: String)
  /// The coordinator was silent for longer than the worker may wait.
  case coordinatorGone(silence: Duration)
}

extension WorkerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .refused(let reason): "the coordinator refuses this worker: \(reason)"
    case .coordinatorGone(let silence):
      "nothing heard from the coordinator for \(silence.components.seconds) s; giving up"
    }
  }
}
