// autointerp
// `ExportCommand` is `autointerp export`: it writes the edge statistics of a run.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterProtocol
internal import Console
internal import Coordinator
internal import Foundation
internal import Labels
internal import Platform
internal import Reports
internal import RunIndex

/// Fetches the edge statistics of a run.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the edge statistics of a run, its edges, or its graph.",
    discussion: """
      Works at any time. Before the run is complete the file holds what is known so far, and standard error says so. The run is one \
      of the coordinator's, or a folder or SQLite file on this machine, which needs no coordinator.

      With --edges, writes all edges of a run's file on this machine as CSV, one line each, with ids and texts that join with \
      other exports and `autointerp query`. `autointerp atlas schema` explains the columns.

      With --graph-format, writes the neurons and edges of a run's file as a graph for Gephi, networkx, igraph or yEd: neurons \
      with role, class, prompts, score, trust and label, tokens and predictions, and edges with flow and frequency. \
      --min-prompts bounds it.

      EXAMPLES
        autointerp export medical-smollm2-1f2e3d4c -o edge_stats.json
        autointerp export runs/medical-smollm2-1f2e3d4c/run.sqlite -o edge_stats.json
        autointerp export --edges runs/medical-smollm2-1f2e3d4c -o edges.csv
        autointerp export --graph-format graphml runs/medical-smollm2-1f2e3d4c --min-prompts 10 -o run.graphml
        autointerp export medical-smollm2-1f2e3d4c | jq .summary

      Exit codes: 0 written, 1 written, but prompts are in quarantine, 2 no such run, no answer or a wrong command line.
      """)

  @OptionGroup var coordinator: CoordinatorOptions

  @Option(name: .shortAndLong, help: "The file (default: standard output).")
  var output: String?

  @Flag(help: "Write all edges of a run's file or folder as CSV.")
  var edges = false

  @Option(help: "Write a run's file or folder as a graph: graphml or gexf.")
  var graphFormat: NetworkFormat?

  @Option(help: ArgumentHelp("Leave neurons and edges in fewer prompts out of the graph (default: 2).", valueName: "n"))
  var minPrompts: Int?

  @Argument(
    help: ArgumentHelp(
      "The run, as `autointerp runs` lists it, or its folder or SQLite file; with --edges and --graph-format these only.",
      valueName: "run"))
  var name: String

  func validate() throws {
    guard !(edges && graphFormat != nil) else { throw ValidationError("choose one of --edges and --graph-format") }
    guard minPrompts == nil || graphFormat != nil else {
      throw ValidationError("--min-prompts bounds a graph: give --graph-format too")
    }
    guard minPrompts ?? 1 >= 1 else {
      throw ValidationError("--min-prompts is \(minPrompts ?? 0); it must be 1 or more")
    }
  }

  func run() async throws {
    let (run, output) = (name, output)
    try OutputFile(output).check()
    if edges { return try EdgeTableExport(try RunIndex.open(try RunFile.path(run, in: "."))).write(to: output) }
    if let graphFormat { return try writeGraph(graphFormat) }
    if FileManager.default.fileExists(atPath: name) { return try writeStored() }
    let status = try await coordinator.connected { client -> RunStatus in
      let status = try await client.openRun(run) {
        StandardError.say("waiting for \(run): \($0.reason)")
      }
      try OutputFile(output).write(try await client.export(run: run))
      return status
    }
    if status.state != .complete {
      StandardError.say(
        "\(run) is \(status.state.rawValue): \(status.done) of \(status.promptCount) prompts are in the file")
    }
    if !status.quarantined.isEmpty {
      StandardError.say(
        "\(status.quarantinedCount) prompts of \(run) are quarantined; `autointerp retry \(run)` tries them again")
      throw ExitCode(1)
    }
  }
  /// Writes the statistics of a file on this machine.
  private func writeStored() throws {
    let export = try StoredRunExport(try RunFile.path(name, in: "."))
    if let output {
      let file = try ReplacedFile(output)
      try export.statistics.write { try file.write($0) }
      try file.finish()
    } else {
      try OutputFile(nil).write(export.statistics.bytes())
    }
    if export.merged < export.prompts {
      StandardError.say("\(name): \(export.merged) of \(export.prompts) prompts are in the file")
    }
    guard export.quarantined > 0 else { return }
    StandardError.say("\(export.quarantined) prompts of \(name) are quarantined")
    throw ExitCode(1)
  }

  /// Without a bound of their own, graphs leave out what a single prompt did.
  private static let fewestPrompts = 2

  private func writeGraph(_ format: NetworkFormat) throws {
    let path = try RunFile.path(name, in: ".")
    let index = try RunIndex.open(path)
    let export = NetworkExport(
      index, labels: try LabelFile.reading(LabelFile.path(ofRun: path)), fewestPrompts: minPrompts ?? Self.fewestPrompts
    )
    let counts: NetworkExport.Counts
    if let output {
      let file = try ReplacedFile(output)
      counts = try export.write(format) { bytes in try bytes.withUnsafeBytes { try file.write($0) } }
      try file.finish()
    } else {
      counts = try export.write(format) { try OutputFile(nil).write($0) }
    }
    StandardError.say(
      "\(counts.nodes) nodes and \(counts.edges) edges; \(counts.leftOut) edges are in fewer than "
        + "\(minPrompts ?? Self.fewestPrompts) prompts")
    let state = index.state
    if state.mergedPrompts < state.promptCount {
      StandardError.say("\(state.mergedPrompts) of \(state.promptCount) prompts are in the graph")
    }
  }
}

extension NetworkFormat: ExpressibleByArgument {}
