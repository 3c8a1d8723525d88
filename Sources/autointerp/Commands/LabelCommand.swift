// autointerp
// `autointerp label` adds labels of neurons to a run: from files, by hand, composed from the run, or proposed by a language model.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Circuits
internal import Foundation
internal import Labels
internal import Platform
internal import RunIndex
internal import Settings

/// Reads or makes labels, says what would change, and stores them beside the run's file with their scores.
struct LabelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Say what neurons do: import, make and score labels, or write one.",
    discussion: """
      Labels are kept in RUN.sqlite-labels beside the run's file, so that they can be added while a coordinator writes the run, \
      and shared by copying. `neuron`, `query`, `mcp`, `serve` and `report` show them. Sources:

        FILE.csv      layer,neuron,description and optionally polarity, score, version
        FILE.jsonl    one object a line with layer and neuron (or neuron_id),
                      description or text, and the same
        FOLDER        description files as NeuronDB has them, FOLDER/LAYER/NEURON.json
        postgresql://USER@HOST/DATABASE
                      NeuronDB's tables, through libpq if it is installed; the password comes from PGPASSWORD or ~/.pgpass
        run           composed from the run alone, without a language model
        llm           proposed by the language model at --llm

      With `run`, a label names the tokens that set the neuron's prompts apart (it reads them, is active at them, raises or lowers \
      them), its role and drivers, and with --model what its weights write. With `llm` it is one line of the reply to the \
      neuron's strongest places, and text whatever it says. Both are marked as machine-made and come from one half of the prompts; the seed draws it, and near-duplicates stay in one half. Their \
      score is measured on the other half and stored with them: can prompts that select the neuron be told from the others by \
      the label's words alone? That AUC (0.5 is chance) stands beside its 95 % interval and that of other neurons' labels. \
      --score measures the same for all stored labels, and with --llm also detection (a language model finds the prompts by \
      the label) and simulation (it predicts activations token by token).

      The key of --llm is read from AUTOINTERP_LLM_KEY or OPENAI_API_KEY. What is sent: labels, and texts of the run's prompts.

      Nothing is overwritten: another text under the same neuron, polarity, source and version is a conflict, which is listed and \
      left alone unless --replace is given.

      EXAMPLES
        autointerp label runs/medical-smollm2-1f2e3d4c --from labels.csv --dry-run
        autointerp label run.sqlite --neuron L29/N560 --set "predicts a drug's name after an article"
        autointerp label run.sqlite --export labels.jsonl
        autointerp label run.sqlite --from run --top-k 200 --model SmolLM2-135M-Instruct.Q4_1.gguf
        autointerp label run.sqlite --from llm --llm http://127.0.0.1:8080/v1 --llm-model qwen3 --top-k 20
        autointerp label run.sqlite --score --llm http://127.0.0.1:8080/v1 --llm-model qwen3 --top-k 20
      """)

  @Argument(help: ArgumentHelp("The SQLite file or folder of a run.", valueName: "run"))
  var name: String

  @Option(help: ArgumentHelp("A file, folder or database of labels; or run, or llm.", valueName: "source"))
  var from: String?

  @Option(help: "The model in NeuronDB whose neurons are read, if it has several.")
  var modelID: String?

  @Option(help: "What to call the source (default: the name of the file or folder).")
  var source: String?

  @Option(help: "The neuron that --set labels, or the only one that labels are made of.")
  var neuron: NeuronID?

  @Option(name: .customLong("set"), help: ArgumentHelp("A label of your own.", valueName: "text"))
  var text: String?

  @Option(help: "Which activations --set is about: positive, negative or both.")
  var polarity = "both"

  @Option(help: ArgumentHelp("Write all labels to this file as JSONL; - writes to standard output.", valueName: "file"))
  var export: String?

  @OptionGroup var making: LabelMakingOptions

  @Flag(help: "Score the stored labels on prompts, and store the scores with them.")
  var score = false

  @Flag(help: "Say what would change, and change nothing.")
  var dryRun = false

  @Flag(help: "Let conflicting labels replace the stored ones.")
  var replace = false

  func validate() throws {
    guard [from != nil, text != nil, export != nil, score].count(where: { $0 }) == 1 else {
      throw ValidationError("choose one of --from, --set, --export and --score")
    }
    let makes = from == Self.fromRun || from == Self.fromLanguageModel
    guard text == nil || neuron != nil else { throw ValidationError("--set needs --neuron") }
    guard neuron == nil || text != nil || makes || score else {
      throw ValidationError("--neuron goes with --set, --score, --from run and --from llm")
    }
    if makes, source != nil { throw ValidationError("made labels have a source of their own; leave out --source") }
    if from == Self.fromLanguageModel, making.llm.url == nil {
      throw ValidationError("--from llm needs --llm URL, the address of a chat-completions endpoint")
    }
    if making.llm.url != nil, from != Self.fromLanguageModel, !score {
      throw ValidationError("--llm goes with --from llm and --score")
    }
    guard NeuronLabel.Polarity(polarity) != nil else {
      throw ValidationError("--polarity is \"\(polarity)\"; it must be positive, negative or both")
    }
  }

  private static let fromRun = "run"
  private static let fromLanguageModel = "llm"

  func run() throws {
    let path = try RunFile.path(name, in: ".")
    let place = LabelFile.path(ofRun: path)
    if let export { return try write(place, to: export) }
    let index = try RunIndex.open(path)
    let maker = LabelMaker(options: making, neuron: neuron, index: index, place: place)
    if score { return try OutputFile(nil).write(Array(try maker.scoreStored(isTrial: dryRun).utf8)) }
    var (imported, findings) = (LabelImport(), "")
    switch from {
    case Self.fromRun: (imported, findings) = try maker.compose()
    case Self.fromLanguageModel: (imported, findings) = try maker.propose()
    default: imported = try labels()
    }
    let file = try LabelFile.writing(place, isTrial: dryRun)
    let changes = try file.add(
      imported.labels, replaces: replace, isTrial: dryRun, now: Int64(Date.now.timeIntervalSince1970))
    let report = LabelReport(
      imported: imported, changes: changes, known: Set(try index.knownNeurons(imported.labels.map(\.neuron))),
      neuronCount: try index.neuronCount(), isTrial: dryRun, replaces: replace)
    try OutputFile(nil).write(Array((report.text + findings).utf8))
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
