// autointerp
// `ReportError` says why runs cannot be compared or reported.
// SPDX-License-Identifier: Apache-2.0

package enum ReportError: Error, Equatable, CustomStringConvertible {
  /// Both names lead to one file.
  case sameFile(String)
  /// The named group has no merged prompts; `known` are those that have.
  case unknownGroup(String, path: String, known: [String])
  /// Both sides are the same group.
  case sameGroup(String)
  /// A side has no merged prompts.
  case empty(path: String)
  /// The models have other layers or neurons.
  case otherArchitecture(first: String, second: String)

  package var description: String {
    switch self {
    case .sameFile(let path):
      "\(path): both sides are the same run; name two runs, or one run with --groups or --halves"
    case .unknownGroup(let name, let path, let known):
      "\(path): no merged prompt belongs to the group \"\(name)\"; "
        + (known.isEmpty ? "nothing is merged yet" : "it has \(known.joined(separator: ", "))")
    case .sameGroup(let name): "both sides are the group \"\(name)\"; name two groups"
    case .empty(let path): "\(path): too few prompts are merged to compare anything; wait for the run"
    case .otherArchitecture(let first, let second):
      "the models have different architectures (\(first); \(second)), so that no neuron of one has a counterpart in the other"
    }
  }
}
