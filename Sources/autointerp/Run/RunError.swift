// autointerp
// `RunError` says why a run ended without a result.
// SPDX-License-Identifier: Apache-2.0

/// An error that `autointerp run` prints before it exits.
enum RunError: Error, CustomStringConvertible {
  case noModel(path: String, isDefault: Bool)
  case noPrompts
  /// The coordinator ended by itself.
  case coordinatorGone

  var description: String {
    switch self {
    case .noModel(let path, isDefault: true):
      "there is no model at \(path): run scripts/fetch-model, or name one with --model"
    case .noModel(let path, isDefault: false):
      "there is no model at \(path): check --model"
    case .noPrompts:
      "no prompts were drawn: check --prompts, --baseline and --limit"
    case .coordinatorGone:
      "the coordinator stopped; the same command resumes the run"
    }
  }
}
