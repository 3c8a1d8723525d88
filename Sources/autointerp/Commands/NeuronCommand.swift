// autointerp
// `NeuronCommand` is `autointerp neuron`: it prints what a run knows about one neuron.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Circuits
internal import Knowledge
internal import Labels
internal import Platform
internal import Reports
internal import RunIndex
internal import Settings

/// Prints the page of a neuron, or its profile as the export has it.
struct NeuronCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neuron",
    abstract: "Show what a run knows about one neuron.",
    discussion: """
      Reads the file of a run on this machine, also while the run goes on: which group of prompts the neuron belongs to and \
      how sure that is, its role, what drives it, what it drives, where it was selected, its labels, and what is not known. \
      The first question indexes the run (RUN.sqlite-index), the others take milliseconds. With --model, the run's, the page \
      also says which tokens the neuron's weights promote. Without --run, the run is the one \
      whose file in the folder of runs was changed last.

      EXAMPLES
        autointerp neuron L29/N729
        autointerp neuron L29/N729 --model SmolLM2-135M-Instruct.Q4_1.gguf
        autointerp neuron 29:729 --run runs/medical-smollm2-1f2e3d4c --json | jq .specificity
      """)

  @OptionGroup var configuration: ConfigurationOptions

  @Argument(help: ArgumentHelp("Such as L29/N729 or 29:729.", valueName: "neuron"))
  var neuron: NeuronID

  @Option(help: ArgumentHelp("The folder of a run or its SQLite file.", valueName: "path"))
  var run: String?

  @Option(help: "The run's model, for the neuron's output projection.")
  var model: String?

  @Flag(help: "Print the profile as JSON.")
  var json = false

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  func validate() throws {
    if json, model != nil {
      throw ValidationError("--model is for the page: autointerp project --json prints projections.")
    }
  }

  func run() async throws {
    try OutputFile(output).check()
    let path = try RunFile.path(run, in: configuration.load().run.directory)
    let index = try RunIndex.open(path)
    guard let star = try index.star(of: neuron) else {
      throw InputError(
        path: path,
        problem: index.unselectedText(neuron)
          + "; `autointerp query RUN \"SELECT neuron FROM profiles\"` lists those that were")
    }
    let labels = try LabelFile.reading(LabelFile.path(ofRun: path))?.labels(of: neuron) ?? []
    if json {
      return try OutputFile(output).write(star.exportedProfile(label: labels.first?.markedText))
    }
    let evidence = try NeuronEvidence(of: neuron, in: index, labels: labels)
    let text = star.page.text(
      labels: evidence.labelLines, writes: try writes(of: index.specification, in: path),
      modules: [ModuleReport.line(about: neuron, index.storedModules())], evidence: evidence.placeLines)
    try OutputFile(output).write(Array(text.utf8))
  }

  /// What the neuron's weights promote; nothing without a model.
  private func writes(of run: RunSpecification, in path: String) throws -> [String] {
    guard let model else { return [] }
    let engine = try EngineOptions.parse(["--model", model])
    let checkpoint = try engine.checkpoint()
    try engine.requireModel(of: run, in: path, is: checkpoint)
    return try NeuronWrites(
      neuron, checkpoint: checkpoint, tokenizer: engine.tokenizerIfUsable(), threads: engine.threads
    ).lines
  }
}
