// autointerp
// `autointerp atlas schema` documents every table and view of a run.
// SPDX-License-Identifier: Apache-2.0

internal import AgentTools
internal import ArgumentParser
internal import Platform

/// What concerns the files of runs as such.
struct AtlasCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "atlas", abstract: "Explain the files of runs.", subcommands: [SchemaCommand.self])

  struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "schema", abstract: "Describe every table and view that `autointerp query` can ask.")

    func run() throws { try OutputFile(nil).write(Array(SchemaPage.text.utf8)) }
  }
}
