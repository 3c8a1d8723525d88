// autointerp
// `AutointerpLab` is the command line of the laboratory: benchmarks, and simulations of the cluster.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `autointerp-lab` and its subcommands. Only developers use this program; it is not installed for users.
@main
struct AutointerpLab: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autointerp-lab",
    abstract: "Measure autointerp, and check its promises under simulated faults.",
    subcommands: [
      SimulateCommand.self, BenchCommand.self, ScoreBenchCommand.self, ClusterBenchCommand.self, SliceCommand.self,
      InvestigationsCommand.self,
    ])
}
