// autointerp
// `AtlasCommand` is `autointerp atlas`: it explains the files of runs and combines them.
// SPDX-License-Identifier: Apache-2.0

internal import AgentTools
internal import ArgumentParser
internal import Coordinator
internal import Foundation
internal import Platform
internal import Settings

/// What concerns the files of runs as such.
struct AtlasCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "atlas", abstract: "Explain the files of runs, and combine them.",
    subcommands: [SchemaCommand.self, MergeCommand.self])

  struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "schema", abstract: "Describe every table and view that `autointerp query` can ask.")

    func run() throws { try OutputFile(nil).write(Array(SchemaPage.text.utf8)) }
  }

  struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "merge",
      abstract: "Combine the results of several runs of one model in one file.",
      discussion: """
        The runs must have the same model, template, metric and attribution settings. The new file has the prompts that \
        have results in any of them, each once, and its statistics are those that one run of all these prompts would \
        have. All commands that take the file of a run take it. The files may be of runs under way; they stay as they are.

        EXAMPLES
          autointerp atlas merge runs/cardiology runs/oncology -o medicine.sqlite
          autointerp neuron L29/N560 --run medicine.sqlite

        Exit codes: 0 written, 1 the files cannot be combined, read or written.
        """)

    @Argument(help: ArgumentHelp("Two or more folders or files of runs.", valueName: "run"))
    var runs: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("The new file, such as all.sqlite.", valueName: "file"))
    var output: String

    @Option(help: "Name of the new run (default: made of corpora, model and settings).")
    var name: String?

    @Flag(help: "Combine results of different BLAS kernels. Exports then name the kernels.")
    var allowMixedKernels = false

    @Flag(help: "Print what was written as JSON.")
    var json = false

    func validate() throws {
      guard runs.count >= 2 else { throw ValidationError("name at least two runs to combine.") }
      if let name, !RunName.isValid(name) {
        throw ValidationError("--name: it may have at most 200 bytes, no slash and no leading dot.")
      }
    }

    /// What is printed as JSON.
    private struct Report: Encodable {
      var file: String
      var run: String
      var prompts: Int
      var results: [String: Int]
      var openPrompts: Int
    }

    func run() throws {
      let paths = try runs.map { try RunFile.path($0, in: "") }
      let sources = try RunMerge.sources(paths, allowsMixedKernels: allowMixedKernels)
      let merged = RunPlan.merging(sources.runs, name: name)
      let taken = try RunMerge.write(
        merged, from: sources, to: output, softwareVersion: SoftwareVersion.current,
        now: Int64(Date().timeIntervalSince1970 * 1000))
      guard json else {
        print("\(output): run \(merged.name) with \(merged.prompts.count) prompts")
        for (path, count) in zip(paths, taken) { print("  \(count) results from \(path)") }
        if sources.openPrompts > 0 { print("  \(sources.openPrompts) prompts have no result yet and are left out") }
        return
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      let report = Report(
        file: output, run: merged.name, prompts: merged.prompts.count,
        results: Dictionary(zip(paths, taken)) { $0 + $1 }, openPrompts: sources.openPrompts)
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
  }
}
