// autointerp
// The command line.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `autointerp` and its subcommands.
@main
struct Autointerp: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autointerp",
    abstract: "Find out what the neurons of a language model do.",
    discussion: """
      A run takes a corpus of prompts apart into attribution graphs and merges them into statistics of every neuron: \
      what drives it, what it drives, and whether it belongs to the domain. Start with

        autointerp graph "The capital of France is"
        autointerp run --local 2 --prompts medical.yaml --baseline baseline.txt --limit 24 -o edge_stats.json
      """,
    version: SoftwareVersion.current,
    groupedSubcommands: [
      CommandGroup(
        name: "One prompt, one model:", subcommands: [GraphCommand.self, ProjectCommand.self, TokenizeCommand.self]),
      CommandGroup(
        name: "Runs:",
        subcommands: [
          RunCommand.self, RunsCommand.self, StatusCommand.self, ExportCommand.self, RetryCommand.self,
          CancelCommand.self,
        ]),
      CommandGroup(
        name: "The cluster:",
        subcommands: [
          CoordinatorCommand.self, WorkerCommand.self, KeygenCommand.self, SimulateCommand.self, BenchCommand.self,
          ClusterBenchCommand.self, SliceCommand.self,
        ]),
    ])
}
