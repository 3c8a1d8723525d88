// autointerp
// What can go wrong in a coordinator, or between it and a client.
// SPDX-License-Identifier: Apache-2.0

/// A failure of the coordinator or of a client's request to it.
package enum CoordinatorError: Error, Equatable, Sendable {
  case unknownRun(String)
  /// A run of this name is known, with other settings; one line a difference.
  case differentRun(name: String, differences: [String])
  case cancelled(run: String)
  /// The file of the run cannot be used.
  case storage(run: String, reason: String)
  /// The file of the run cannot be used now: its file system is full.
  case unavailable(run: String, reason: String)
  /// A stored delta is not what was stored.
  case damagedDelta(run: String, prompt: Int32, reason: String)
  case runsDirectory(path: String, reason: String)
  case output(path: String, reason: String)
  /// The coordinator is shutting down, or never started.
  case notRunning
  /// The coordinator said no.
  case refused(reason: String)
  /// No answer in time.
  case noAnswer(endpoint: String, request: String, seconds: Int64)
  /// An answer that does not fit the request.
  case unexpectedAnswer(request: String)
}

extension CoordinatorError {
  /// The run that it is about, if it is about one.
  var run: String? {
    switch self {
    case .unknownRun(let run), .differentRun(let run, _), .cancelled(let run), .storage(let run, _),
      .unavailable(let run, _), .damagedDelta(let run, _, _):
      run
    case .runsDirectory, .output, .notRunning, .refused, .noAnswer, .unexpectedAnswer: nil
    }
  }
}

extension CoordinatorError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownRun(let name):
      "there is no run named \(name); `autointerp runs` lists those there are"
    case .differentRun(let name, let differences):
      "a run named \(name) exists and is another one:\n" + differences.map { "  \($0)\n" }.joined()
        + "give the new one another name with --name, or ask for the old settings to resume this one"
    case .cancelled(let name):
      "run \(name) was cancelled; submit it again to resume it"
    case .storage(let run, let reason), .unavailable(let run, let reason):
      "run \(run): \(reason)"
    case .damagedDelta(let run, let prompt, let reason):
      "run \(run): the stored delta of prompt \(prompt) is damaged (\(reason)); restore the file from a backup"
    case .runsDirectory(let path, let reason):
      "the runs directory \(path) cannot be used: \(reason)"
    case .output(let path, let reason):
      "\(path) cannot be written: \(reason)"
    case .notRunning:
      "the coordinator is not running"
    case .refused(let reason):
      "the coordinator refused: \(reason)"
    case .noAnswer(let endpoint, let request, let seconds):
      "no answer from \(endpoint) to \(request) within \(seconds) s: is the coordinator running there, and is this "
        + "client's key on its allow-list? A time-out does not mean that the request was not delivered: look with "
        + "`autointerp runs`, or repeat the command, which does no harm"
    case .unexpectedAnswer(let request):
      "the coordinator's answer does not fit the request (\(request)); are both of the same version?"
    }
  }
}
