// autointerp
// `Autointerp` is the command line: the list of all commands.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `autointerp` and its subcommands.
@main
struct Autointerp: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autointerp",
    abstract: "Find out what the neurons of a language model do.",
    discussion: """
      A run computes the attribution graph of every prompt of a corpus and merges them into statistics of every neuron: \
      what drives it, what it drives, and whether it belongs to the domain. Start with

        autointerp graph "The capital of France is"
        autointerp run --local 2 --prompts medical.yaml --baseline baseline.txt --limit 24 -o edge_stats.json
      """,
    version: SoftwareVersion.current,
    groupedSubcommands: [
      CommandGroup(
        name: "One prompt, one model:",
        subcommands: [
          GraphCommand.self, CalibrateCommand.self, ProjectCommand.self, TokenizeCommand.self,
        ]),
      CommandGroup(
        name: "Does it matter? Interventions:",
        subcommands: [
          CausalCommand.self, SteerCommand.self, CircuitCommand.self, EvaluateCommand.self, InvestigateCommand.self,
        ]),
      CommandGroup(
        name: "Runs:",
        subcommands: [
          RunCommand.self, AggregateCommand.self, RunsCommand.self, StatusCommand.self, ExportCommand.self,
          RetryCommand.self, DiscardCommand.self,
          CancelCommand.self, CheckCommand.self,
        ]),
      CommandGroup(
        name: "What a run knows:",
        subcommands: [
          NeuronCommand.self, ModulesCommand.self, CompareCommand.self, ReportCommand.self, ServeCommand.self,
          QueryCommand.self,
          LabelCommand.self, AtlasCommand.self, MCPCommand.self,
        ]),
      CommandGroup(
        name: "The cluster:",
        subcommands: [
          CoordinatorCommand.self, WorkerCommand.self, KeygenCommand.self,
        ]),
    ])
}
