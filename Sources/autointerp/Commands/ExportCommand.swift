// autointerp
// `autointerp export`: the edge statistics of a run.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterProtocol
internal import Coordinator
internal import Foundation

/// Fetches the edge statistics of a run.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the edge statistics of a run of a coordinator.",
    discussion: """
      Works at any time: before the run is complete, the file says what is known so far, which is told on standard error.

      EXAMPLES
        autointerp export medical-smollm2-1f2e3d4c -o edge_stats.json
        autointerp export medical-smollm2-1f2e3d4c | jq .summary

      Exit codes: 0 written, 1 written, but prompts are in quarantine, 2 no such run, no answer or a wrong command line.
      """)

  @OptionGroup var coordinator: CoordinatorOptions

  @Option(name: .shortAndLong, help: "The file; without it standard output.")
  var output: String?

  @Argument(help: ArgumentHelp("The run, as `autointerp runs` lists it.", valueName: "run"))
  var name: String

  func run() async throws {
    let (run, output) = (name, output)
    try OutputFile(output).check()
    let status = try await coordinator.connected { client -> RunStatus in
      let status = try await client.status().runs.first { $0.name == run }
      guard let status else { throw CoordinatorError.unknownRun(run) }
      try OutputFile(output).write(try await client.export(run: run))
      return status
    }
    if status.state != .complete {
      CoordinatorOptions.tell(
        "\(run) is \(status.state.rawValue): \(status.done) of \(status.promptCount) prompts are in the file")
    }
    if !status.quarantined.isEmpty {
      CoordinatorOptions.tell(
        "\(status.quarantinedCount) prompts of \(run) are quarantined; `autointerp retry \(run)` tries them again")
      throw ExitCode(1)
    }
  }
}
