// autointerp
// `autointerp label` adds labels of neurons to a run, from files or by hand.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Circuits
internal import Foundation
internal import Labels
internal import Platform
internal import RunIndex
internal import Settings

/// Reads labels, says what would change, and stores them beside the run's file.
struct LabelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Say what neurons do: import labels, or write one.",
    discussion: """
      Labels are kept in RUN.sqlite-labels beside the run's file, so that they can be added while a coordinator writes the run, \
      and shared by copying. `neuron`, `query` and `mcp` show them. Sources:

        FILE.csv      layer,neuron,description and optionally polarity, score, version
        FILE.jsonl    one object a line with layer and neuron (or neuron_id, such as L29/N729), description or text, and \\
                      optionally polarity, score, version, source
        FOLDER        description files as NeuronDB has them, FOLDER/LAYER/NEURON.json
        postgresql://USER@HOST/DATABASE
                      NeuronDB's tables, through libpq if it is installed; the password comes from PGPASSWORD or ~/.pgpass

      Nothing is overwritten: another text under the same neuron, polarity, source and version is a conflict, which is listed and \
      left alone unless --replace is given.

      EXAMPLES
        autointerp label runs/medical-smollm2-1f2e3d4c --from labels.csv --dry-run
        autointerp label run.sqlite --neuron L29/N560 --set "predicts a drug's name after an article"
        autointerp label run.sqlite --export labels.jsonl
      """)

  @Argument(help: ArgumentHelp("The SQLite file or folder of a run.", valueName: "run"))
  var name: String

  @Option(help: ArgumentHelp("A file, folder or database of labels.", valueName: "source"))
  var from: String?

  @Option(help: "The model in NeuronDB whose neurons are read, if it has several.")
  var modelID: String?

  @Option(help: "What to call the source (default: the name of the file or folder).")
  var source: String?

  @Option(help: "The neuron that --set labels.")
  var neuron: NeuronID?

  @Option(name: .customLong("set"), help: ArgumentHelp("A label of your own.", valueName: "text"))
  var text: String?

  @Option(help: "Which activations --set is about: positive, negative or both.")
  var polarity = "both"

  @Option(help: ArgumentHelp("Write all labels to this file as JSONL; - writes to standard output.", valueName: "file"))
  var export: String?

  @Flag(help: "Say what would change, and change nothing.")
  var dryRun = false

  @Flag(help: "Let conflicting labels replace the stored ones.")
  var replace = false

  func validate() throws {
    guard [from != nil, text != nil, export != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("choose one of --from, --set and --export")
    }
    guard (text != nil) == (neuron != nil) else { throw ValidationError("--set and --neuron go together") }
    guard NeuronLabel.Polarity(polarity) != nil else {
      throw ValidationError("--polarity is \"\(polarity)\"; it must be positive, negative or both")
    }
  }

  func run() throws {
    let path = try RunFile.path(name, in: ".")
    let place = LabelFile.path(ofRun: path)
    if let export { return try write(place, to: export) }
    let imported = try labels()
    let index = try RunIndex.open(path)
    let file = try LabelFile.writing(place, isTrial: dryRun)
    let changes = try file.add(
      imported.labels, replaces: replace, isTrial: dryRun, now: Int64(Date.now.timeIntervalSince1970))
    let report = LabelReport(
      imported: imported, changes: changes, known: Set(try index.knownNeurons(imported.labels.map(\.neuron))),
      neuronCount: try index.neuronCount(), isTrial: dryRun, replaces: replace)
    try OutputFile(nil).write(Array(report.text.utf8))
    if !changes.conflicts.isEmpty, !replace { throw ExitCode(1) }
  }

  private func labels() throws -> LabelImport {
    if let from, LabelImport.isDatabase(from) {
      return try LabelImport(neuronDB: from, model: modelID, source: source)
    }
    if let from { return try LabelImport(path: from, source: source) }
    guard let text, let neuron, let polarity = NeuronLabel.Polarity(polarity) else { return LabelImport() }
    var imported = LabelImport()
    imported.labels = [
      NeuronLabel(neuron: neuron, polarity: polarity, text: text, source: source ?? NeuronLabel.people)
    ]
    return imported
  }

  private func write(_ place: String, to path: String) throws {
    guard let file = try LabelFile.reading(place) else {
      throw InputError(path: place, problem: "there are no labels yet; add some with --from or --set")
    }
    var bytes: [UInt8] = []
    try file.forEach { bytes += LabelImport.line($0) }
    try OutputFile(path == "-" ? nil : path).write(bytes)
  }
}
