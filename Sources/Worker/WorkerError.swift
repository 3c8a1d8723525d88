// autointerp
// Why a worker ends.
// SPDX-License-Identifier: Apache-2.0

package enum WorkerError: Error, Equatable, Sendable {
  /// The coordinator does not want this worker.
  case refused(reason: String)
  /// Nothing was heard from the coordinator for as long as the worker was told to wait.
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
