// autointerp
// `ModulesCommand` is `autointerp modules`: it finds groups of neurons that work together in a run.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Knowledge
internal import Platform
internal import Reports
internal import RunIndex

struct ModulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modules",
    abstract: "Find groups of neurons that work together in a run.",
    discussion: """
      Links neurons that are selected together in more prompts than chance explains, among prompts of equal group, last word and \
      length; weighs links by correlation and by how alike drivers and targets are; and divides the links into modules (Leiden \
      algorithm; needs the package libigraph3). Sinks and position 0 are left out. Beside everything stands what the same search \
      finds by chance: in shuffled selections, in random graphs with the same degrees, and in both halves of the prompts. A run \
      without structure has no modules beyond chance.

      A module is named after its strongest member. The first search takes seconds and is kept beside the run's index. The result \
      is a function of the run, the seed and the resolution.

      EXAMPLES
        autointerp modules runs/medical-smollm2-1f2e3d4c
        autointerp modules run.sqlite --module M-L18/N1132
        autointerp modules run.sqlite --module L5/N323             # the module that a neuron is in
        autointerp modules run.sqlite --json | jq '.modules[].name'
      """)

  @Argument(help: ArgumentHelp("The folder of a run or its SQLite file.", valueName: "run"))
  var name: String

  @Option(help: ArgumentHelp("Show one module, named by itself or by a neuron in it.", valueName: "name"))
  var module: String?

  @Option(help: "Higher values give more and smaller modules.")
  var resolution = ModuleSettings().resolution

  @Option(help: "The seed of the algorithm and of the random rounds.")
  var seed = ModuleSettings().seed

  @Option(help: "How many entries lists have; 0 shows all.")
  var limit = 20

  @Flag(help: "Print JSON.")
  var json = false

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  func validate() throws {
    guard limit >= 0 else { throw ValidationError("--limit is \(limit); it must be 0 or more") }
    let range = ModuleSettings.resolutions
    guard range.contains(resolution) else {
      throw ValidationError(
        "--resolution is \(resolution); it must be from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  func run() throws {
    try OutputFile(output).check()
    let path = try RunFile.path(name, in: ".")
    let index = try RunIndex.open(path)
    var settings = ModuleSettings()
    settings.resolution = resolution
    settings.seed = seed
    let findings = try index.modules(settings)
    let report = ModuleReport(findings, run: index.specification.name)
    let count = limit == 0 ? Int.max : limit
    guard let wanted = module else {
      return try OutputFile(output).write(json ? report.json() : Array(report.text(limit: count).utf8))
    }
    guard let found = findings.module(named: wanted) else {
      let names = findings.modules.prefix(6).map(\.name).joined(separator: ", ")
      throw InputError(
        path: path,
        problem: "no module has the name or the neuron \(wanted.quoted(maximumBytes: 80)); "
          + (names.isEmpty ? "this run has none" : "there is \(names); `autointerp modules RUN` lists all"))
    }
    let prompts = index.specification.prompts
    let text = report.text(of: found, limit: count) { number in
      prompts.indices.contains(Int(number)) ? prompts[Int(number)].text : nil
    }
    try OutputFile(output).write(json ? report.json(only: found) : Array(text.utf8))
  }
}
