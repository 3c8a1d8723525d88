// autointerp
// `autointerp mcp` lets agents ask a run over the Model Context Protocol.
// SPDX-License-Identifier: Apache-2.0

internal import AgentExperiments
internal import AgentProtocol
internal import AgentTools
internal import ArgumentParser
internal import Foundation
internal import Platform
internal import RunIndex
internal import Settings

/// Serves one client on standard input and output.
struct MCPCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcp",
    abstract: "Let agents ask a run's file, over the Model Context Protocol.",
    discussion: """
      Speaks JSON-RPC on standard input and output, one message a line, in the versions 2025-06-18, 2025-11-25 and 2026-07-28. \
      Nothing is ever written to the run. It works while the run goes on: answers come from an index of the committed results \
      that is rebuilt when it is stale, and say how many prompts they are behind.

      A client is configured with the command and its arguments, such as
        {"command": "autointerp", "args": ["mcp", "--atlas", "/data/runs/medical/run.sqlite"]}
      """)

  @OptionGroup var configuration: ConfigurationOptions

  @Option(
    help: ArgumentHelp("The SQLite file or folder of a run (default: the run that was changed last).", valueName: "run")
  )
  var atlas: String?

  @Option(help: "The run's model, for experiments too: ablate, boost, steer, find_circuit, investigate and others.")
  var model: String?

  @Flag(help: "Print the list of tools and end.")
  var listTools = false

  func run() throws {
    if listTools { return try OutputFile(nil).write(Array(RunTools.page.utf8)) }
    let path = try RunFile.path(atlas, in: configuration.load().run.directory)
    let loaded = try model.map { try LoadedModel.load($0, forRunAt: path) }
    // Only messages may reach the client: what anything else prints goes to standard error.
    let output = dup(STDOUT_FILENO)
    guard output >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
      throw InputError(path: "standard output", problem: "it cannot be used")
    }
    signal(SIGPIPE, SIG_IGN)
    let live = LiveIndex(path: path)
    // The first question should not wait for the index; if it cannot be made, the question says why.
    try DedicatedThread.start(name: "index") { _ = try? live.snapshot() }
    let machine = AgentMachine(RunTools.server(version: SoftwareVersion.current, hasModel: loaded != nil))
    try AgentConnection(machine, input: STDIN_FILENO, output: output, handler: RunTools(live: live, model: loaded))
      .run()
  }
}
