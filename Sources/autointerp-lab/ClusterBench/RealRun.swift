// autointerp
// `RealRun` runs `autointerp run` with the real model and measures how efficient its fleet is.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Platform

/// Runs `autointerp run --local` in another process, like a researcher.
struct RealRun {
  /// What the run reports, and the seconds of the whole command, including start and export.
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

  /// Two workers on two cores, with one slot each.
  func run() async throws -> Outcome {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let lab = try FileManager.default.destinationOfSymbolicLink(atPath: ChildProcess.thisProgram)
    let program = URL(filePath: lab).deletingLastPathComponent().appending(path: "autointerp").path
    guard FileManager.default.isExecutableFile(atPath: program) else {
      throw PlatformError.file(path: program, problem: "does not exist: build it, or leave --model out")
    }
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
      throw PlatformError.system(operation: "the real run", reason: "\(end): \(text.suffix(500))")
    }
    let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
    return Outcome(
      prompts: report.run.done, slots: report.efficiency.slots, share: report.efficiency.share,
      wall: report.efficiency.wallSeconds, command: command)
  }
}
