// autointerp
// `RunReport` holds the outcome of a run, which `autointerp run` prints at its end.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Foundation
internal import Platform

/// The outcome of a run, for people and for programs.
struct RunReport: Encodable {
  let run: RunStatus
  /// The edge statistics; nil if none were written.
  let output: String?
  /// The run's SQLite file; nil if another coordinator has it.
  let database: String?
  /// Nil for a resumed run, because its slots had no work in between.
  var efficiency: FleetEfficiency? = nil
  /// What this machine's stored calibration says about such graphs. It is beside the run's result and never in it.
  var calibration: String? = nil

  /// One JSON object with sorted keys.
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
    if let calibration { lines.append("Calibration:     \(calibration)") }
    if let efficiency { lines.append("Fleet:           \(efficiency.text)") }
    if let checks = run.spotChecks {
      lines.append("Spot checks:     \(checks.text)")
      lines += (checks.shortcomings + checks.disagreements.map(\.text)).map { "                 \($0.harmless)" }
    }
    return lines.map { "\($0)\n" }.joined()
  }

  /// The failed prompts and their errors; empty if there are none.
  var failures: String {
    guard !run.quarantined.isEmpty else { return "" }
    let count = run.quarantinedCount == 1 ? "1 prompt" : "\(run.quarantinedCount) prompts"
    var lines = ["\(count) failed, not in the statistics:"]
    for prompt in run.quarantined {
      lines.append("  #\(prompt.prompt) \"\(prompt.excerpt)\"")
      lines += prompt.errors.map { "    \($0)" }
    }
    if run.quarantinedBeyond > 0 { lines.append("  and \(run.quarantinedBeyond) more") }
    lines.append("Repeat the command with --retry-failed to try them again.")
    return lines.map { "\($0)\n" }.joined()
  }
}
