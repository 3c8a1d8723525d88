// autointerp
// `AggregateCommand` is `autointerp aggregate`: it makes the file of a run from graphs of single prompts.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Circuits
internal import Coordinator
internal import Foundation
internal import Platform
internal import Settings

/// Puts graph files together into an atlas.
struct AggregateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "aggregate",
    abstract: "Make the file of a run from graph files of single prompts.",
    discussion: """
      Takes graphs of `graph --format full`, in Neuronpedia's format and in its older dialect, and writes the SQLite file \
      that a run of their prompts would have. All commands that take the file of a run take it. The graphs must be of one \
      model with the same metric, rule and settings. A graph that is named twice counts once; two different graphs of one \
      prompt are an error. What the files do not hold is said, and kept in the new file among its orders.

      EXAMPLES
        autointerp aggregate graphs/*.json -o atlas.sqlite
        autointerp aggregate medical/ --group control=general/ -o atlas.sqlite
        autointerp aggregate graphs/*/*.json --group-by-folder -o atlas.sqlite
        autointerp neuron L29/N560 --run atlas.sqlite

      Exit codes: 0 written, 1 a file cannot be read or combined, or the new file cannot be written.
      """)

  @Argument(
    help: ArgumentHelp("Graph files, or folders of them (their .json files), of the group domain.", valueName: "file"))
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file or folder of another group, such as baseline=general/. May be repeated.", valueName: "name=path"))
  var group: [String] = []

  @Flag(help: "Each file belongs to the group that its folder names.")
  var groupByFolder = false

  @Option(name: .shortAndLong, help: ArgumentHelp("The new file, such as atlas.sqlite.", valueName: "file"))
  var output: String

  @Option(help: "Name of the new run (default: made of prompts, model and settings).")
  var name: String?

  @Flag(help: "Leave out files that cannot be used, and say why, instead of stopping.")
  var skipInvalid = false

  @Flag(help: "Print what was written as JSON.")
  var json = false

  func validate() throws {
    if files.isEmpty && group.isEmpty { throw ValidationError("name at least one graph file.") }
    if let name, !RunName.isValid(name) {
      throw ValidationError("--name: it may have at most 200 bytes, no slash and no leading dot.")
    }
    for text in group where Self.parsed(text) == nil {
      throw ValidationError(
        "--group \(text): expected NAME=PATH, where NAME has small letters, digits, - and _, a letter first.")
    }
  }

  /// What is printed as JSON.
  private struct Report: Encodable {
    struct Skipped: Encodable {
      var file: String
      var reason: String
    }
    var file: String
    var run: String
    var prompts: Int
    var groups: [String: Int]
    var formats: [String: Int]
    var lacks: [String]
    var skipped: [Skipped]
  }

  func run() throws {
    let collection = try GraphCollection(try entries(), skipsInvalid: skipInvalid)
    let corpusName = URL(fileURLWithPath: output).deletingPathExtension().lastPathComponent
    let run = RunPlan.merging([collection.specification(corpusName: corpusName)], name: name)
    try collection.write(
      run, to: output, softwareVersion: SoftwareVersion.current, now: Int64(Date().timeIntervalSince1970 * 1000))
    let groups = Dictionary(grouping: run.prompts, by: \.origin.rawValue).mapValues(\.count)
    guard json else {
      var lines = ["\(output): run \(run.name) with \(run.prompts.count) prompts"]
      lines += run.groups.compactMap { group in groups[group.rawValue].map { "  group \(group): \($0)" } }
      lines += collection.skipped.map { "  left out \($0.path): \($0.reason)" }
      lines += ["What it lacks:"] + collection.lacks.map { "  \($0)" }
      return try OutputFile(nil).write(Array((lines.map(\.harmless).joined(separator: "\n") + "\n").utf8))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let report = Report(
      file: output, run: run.name, prompts: run.prompts.count, groups: groups,
      formats: Dictionary(uniqueKeysWithValues: collection.formats.map { ($0.rawValue, $1) }),
      lacks: collection.lacks,
      skipped: collection.skipped.map { Report.Skipped(file: $0.path, reason: $0.reason) })
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
  }

  private static func parsed(_ text: String) -> (group: PromptGroup, path: String)? {
    let parts = text.split(separator: "=", maxSplits: 1).map { String($0) }
    guard parts.count == 2, let group = PromptGroup(rawValue: parts[0]) else { return nil }
    return (group, parts[1])
  }

  /// All files with their groups, in the order of the command line; those of a folder by name.
  private func entries() throws -> [GraphCollection.Entry] {
    let named = files.map { (group: PromptGroup.domain, path: $0) } + group.compactMap(Self.parsed)
    return try named.enumerated().flatMap { place, named in
      try Self.graphs(at: named.path).map { path in
        guard groupByFolder, place < files.count else { return GraphCollection.Entry(path: path, group: named.group) }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().lastPathComponent
        guard let group = PromptGroup(rawValue: folder) else {
          throw InputError(
            path: path,
            problem: "its folder \(folder) cannot name a group: small letters, digits, - and _, a letter first")
        }
        return GraphCollection.Entry(path: path, group: group)
      }
    }
  }

  private static func graphs(at path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(path: path, problem: "there is no such file or folder")
    }
    guard isFolder.boolValue else { return [path] }
    let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".json") }.sorted()
    guard !names.isEmpty else { throw InputError(path: path, problem: "this folder has no .json file") }
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    return names.map { "\(folder)/\($0)" }
  }
}
