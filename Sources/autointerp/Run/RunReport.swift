// autointerp
// What `autointerp run` prints at its end.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Foundation

/// The outcome of a run, for people and for programs.
struct RunReport: Encodable {
  let run: RunStatus
  /// The edge statistics, nil when none were written.
  let output: String?
  /// The run's SQLite file, nil when a daemon has it.
  let database: String?

  /// One JSON object, keys sorted.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  /// Where the results are, and which prompts failed and why.
  var text: String {
    var lines: [String] = []
    if let output { lines.append("Edge statistics: \(output)") }
    if let database { lines.append("Run:             \(database)") }
    return lines.map { "\($0)\n" }.joined()
  }

  /// The prompts that failed, with their errors; empty when none did.
  var failures: String {
    guard !run.quarantined.isEmpty else { return "" }
    let count = run.quarantined.count == 1 ? "1 prompt" : "\(run.quarantined.count) prompts"
    var lines = ["\(count) failed, not in the statistics:"]
    for prompt in run.quarantined {
      lines.append("  #\(prompt.prompt) \"\(prompt.excerpt)\"")
      lines += prompt.errors.map { "    \($0)" }
    }
    lines.append("Repeat the command with --retry-failed to try them again.")
    return lines.map { "\($0)\n" }.joined()
  }
}
