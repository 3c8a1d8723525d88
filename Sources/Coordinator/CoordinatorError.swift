// autointerp
// `CoordinatorError` says what went wrong in a coordinator, or between it and a client.
// SPDX-License-Identifier: Apache-2.0

/// A failure of the coordinator, or of a client's request to it.
package enum CoordinatorError: Error, Equatable, Sendable {
  case unknownRun(String)
  /// A run of this name exists with other settings. Each difference is one line.
  case differentRun(name: String, differences: [String])
  case cancelled(run: String)
  /// The file of the run cannot be used.
  case storage(run: String, reason: String)
  /// The file of the run cannot be used now, because its file system is full.
  case unavailable(run: String, reason: String)
  /// A stored delta differs from what was written.
  case damagedDelta(run: String, prompt: Int32, reason: String)
  /// The statistics of the run do not fit into the memory that they may use.
  case tooLarge(run: String, limitBytes: Int64)
  /// The file of this name holds another run.
  case misnamed(file: String, run: String, path: String)
  case runsDirectory(path: String, reason: String)
  /// The coordinator is shutting down, or never started.
  case notRunning
  /// The coordinator refused the request.
  case refused(reason: String)
  /// No answer came in time.
  case noAnswer(endpoint: String, request: String, seconds: Int64)
  /// The answer does not fit the request.
  case unexpectedAnswer(request: String)
}

extension CoordinatorError {
  /// The run that the error is about, if any.
  var run: String? {
    switch self {
    case .unknownRun(let run), .differentRun(let run, _), .cancelled(let run), .storage(let run, _),
      .unavailable(let run, _), .damagedDelta(let run, _, _), .tooLarge(let run, _):
      run
    case .misnamed(let file, _, _): file
    case .runsDirectory, .notRunning, .refused, .noAnswer, .unexpectedAnswer: nil
    }
  }
}

extension CoordinatorError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownRun(let name):
      "there is no run named \(name); `autointerp runs` lists the existing runs"
    case .differentRun(let name, let differences):
      "a different run named \(name) exists:\n" + differences.map { "  \($0)\n" }.joined()
        + "give the new run another name with --name, or use the old settings to resume the existing run"
    case .cancelled(let name):
      "run \(name) was cancelled; submit it again to resume it"
    case .storage(let run, let reason), .unavailable(let run, let reason):
      "run \(run): \(reason)"
    case .damagedDelta(let run, let prompt, let reason):
      "run \(run): the stored delta of prompt \(prompt) is damaged (\(reason)); `autointerp check --repair` keeps everything "
        + "else, or restore the file from a backup"
    case .tooLarge(let run, let limitBytes):
      "run \(run): its statistics need more than \(limitBytes >> 20) MiB of memory; raise coordinator.max_aggregate_mib, "
        + "or move its file to a coordinator on a larger machine"
    case .misnamed(let file, let run, let path):
      "\(path) holds the run \(run), so it seems to be a copy or was renamed: move it out of this folder, or give it the "
        + "name \(run).sqlite again (it is not open as \(file))"
    case .runsDirectory(let path, let reason):
      "the runs directory \(path) cannot be used: \(reason)"
    case .notRunning:
      "the coordinator is not running"
    case .refused(let reason):
      "the coordinator refused: \(reason)"
    case .noAnswer(let endpoint, let request, let seconds):
      "no answer from \(endpoint) to \(request) within \(seconds) s: is the coordinator running there, and is this "
        + "client's key on its allow-list? The request may have been delivered all the same: check with "
        + "`autointerp runs`, or repeat the command, which does no harm"
    case .unexpectedAnswer(let request):
      "the coordinator's answer does not fit the request (\(request)); are both of the same version?"
    }
  }
}
