// autointerp
// A real run on the model, for the efficiency of its fleet.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// `autointerp run --local` in a process of its own, as a researcher starts it.
struct RealRun {
  /// What the run says of itself, and the time of the whole command, starting, exporting and all, in seconds.
  struct Outcome {
    var prompts: Int
    var slots: Int
    var share: Double
    var wall: Double
    var command: Double
  }

  private struct Report: Decodable {
    struct Run: Decodable { var done: Int }
    struct Efficiency: Decodable {
      var slots: Int
      var share: Double
      var wallSeconds: Double
    }
    var run: Run
    var efficiency: Efficiency
  }

  let model: String
  let prompts: String
  let baseline: String
  let limit: Int
  let directory: String

  /// One worker a core on two cores, one slot each.
  func run() async throws -> Outcome {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: ChildProcess.thisProgram)
    let output = "\(directory)/report.json"
    let start = ContinuousClock.now
    let process = try ChildProcess(
      program,
      arguments: [
        "run", "--local", "2", "--model", model, "--prompts", prompts, "--baseline", baseline, "--limit", "\(limit)",
        "--run-dir", "\(directory)/run", "--output", "\(directory)/stats.json", "--no-status", "--quiet", "--json",
      ], logPath: output)
    let end = await process.end()
    let command = (ContinuousClock.now - start) / .seconds(1)
    let text = try String(contentsOfFile: output, encoding: .utf8)
    guard end == .exited(0) else {
      throw ChildProcess.SpawnError(description: "the real run: \(end): \(text.suffix(500))")
    }
    let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
    return Outcome(
      prompts: report.run.done, slots: report.efficiency.slots, share: report.efficiency.share,
      wall: report.efficiency.wallSeconds, command: command)
  }
}
