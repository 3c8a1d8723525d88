// autointerp
// `InvestigateCommand` is `autointerp investigate`: it tests what a run suggests about neurons on prompts it has not seen.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Causality
internal import Checkpoints
internal import Circuits
internal import Console
internal import Foundation
internal import Inference
internal import Investigations
internal import Platform
internal import RunIndex
internal import Settings

/// Registers hypotheses about neurons, tests them by interventions, and writes dossiers.
struct InvestigateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "investigate",
    abstract: "Test what a run suggests about neurons on prompts that it has not seen.",
    discussion: """
      By a fixed protocol, which needs no language model: it forms the hypotheses that the run and the weights suggest (at which \
      tokens the neuron is active, which group it prefers, what it promotes, whether answers need it, what drives it, what it \
      drives), registers them with their predictions and thresholds, and only then runs prompts. Each is measured on unseen \
      prompts beside up to 149 random neurons of the same layer and of similar activation, which give p; q corrects over the \
      hypotheses of a neuron. Hypotheses are confirmed, refuted or undecided, and all stay in the dossier. Prompts that the \
      run drew are left out; the template is the run's. Groups are compared only if prompts of both are given.

      With -o FOLDER each neuron gets L29-N560.register.json (written before the tests; its digest is in the dossier), .json and \
      .html, and several share index.html. With -o FILE.html all of them are on this page, the rest beside it. The seed decides \
      which prompts and random neurons are drawn; the same command gives the same bytes. With --llm a language model at an \
      OpenAI-compatible endpoint may add up to six hypotheses of the same kinds to each neuron: they are marked, tested and \
      corrected for like the others, with more random neurons if they need them, and what else it says is refused and counted. It \
      is sent texts of the run and no unseen prompt; its key is read from AUTOINTERP_LLM_KEY or OPENAI_API_KEY. --top-k works on this machine alone, \
      not on a fleet.

      EXAMPLES
        autointerp investigate L29/N560 --run runs/medical --prompts scripts/corpora/medical.yaml --baseline \
      scripts/corpora/general.yaml
        autointerp investigate L29/N560 --run run.sqlite --prompts other.yaml --json | jq '.findings[] | {kind, outcome}'
        autointerp investigate --top-k 10 --sort specificity --run run.sqlite --prompts medical.yaml --baseline general.yaml \
      -o investigations
        autointerp investigate L29/N560 --run run.sqlite --prompts other.yaml --llm http://127.0.0.1:8080/v1 --llm-model qwen3
      """)

  @OptionGroup var engine: EngineOptions
  @OptionGroup var configuration: ConfigurationOptions
  @OptionGroup var unseen: UnseenPromptOptions
  @OptionGroup var llm: LanguageModelOptions

  @Argument(help: ArgumentHelp("Such as L29/N729 or 29:729; several may be named.", valueName: "neuron"))
  var neurons: [NeuronID] = []

  @Option(
    help: ArgumentHelp("The folder of a run or its SQLite file (default: the one changed last).", valueName: "path"))
  var run: String?

  @Option(help: "Instead of named neurons: so many that are no sinks, the first by --sort.")
  var topK: Int?

  @Option(help: "score (the largest sum of |score|; often none is of their size), specificity or prompts.")
  var sort: NeuronSearch.Order = .score

  @Option(help: "Random neurons beside each hypothesis (default: 149, or fewer if they would take too long).")
  var controls: Int = InvestigationRules().controlCount

  @Flag(help: "Print JSON.")
  var json = false

  @Option(name: .shortAndLong, help: ArgumentHelp("A folder, or a file that ends with .html.", valueName: "path"))
  var output: String?

  func validate() throws {
    if neurons.isEmpty == (topK == nil) { throw ValidationError("Name neurons or give --top-k, one of the two.") }
    if Set(neurons).count != neurons.count { throw ValidationError("Name each neuron only once.") }
    if let topK, !(1...1000).contains(topK) { throw ValidationError("--top-k is \(topK); it must be 1 to 1000.") }
    let fewest = InvestigationRules().fewestControls
    if !(fewest...2000).contains(controls) {
      throw ValidationError("--controls is \(controls); it must be \(fewest) to 2000.")
    }
  }

  func run() async throws {
    let files = try InvestigationFiles(output)
    let path = try RunFile.path(run, in: configuration.load().run.directory)
    let checkpoint = try engine.checkpoint()
    let index = try RunIndex.open(path)
    try engine.requireModel(of: index.specification, in: path, is: checkpoint)
    let tokenizer = try Tokenizer.open(engine.model)
    var rules = InvestigationRules()
    rules.controlCount = controls
    let chosen = try chosenNeurons(index, path: path)
    let drawn = try unseen.read(for: index.specification, tokenizer: tokenizer)
    Self.note(
      "\(drawn.newCount) of \(drawn.givenCount) given prompts are new to the run; \(drawn.prompts.count) are used")
    let backend = OpenBLASBackend(threadCount: engine.threads)
    let runner = InterventionRunner(
      transformer: Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint)), backend: backend
    )
    let proposer = try llm.endpoint().map { endpoint in
      HypothesisProposer(endpoint: endpoint) { try? tokenizer.token(named: $0) }
    }
    let gathered = try InvestigatedNeuron.gather(
      chosen, from: index, runner: runner, rules: rules, proposer: proposer
    ) { tokenizer.displayText(of: $0) }
    if proposer != nil { rules.allowProposals(of: gathered.map(\.hypotheses.count).max() ?? 0) }
    let investigation = try Investigation(
      gathered, on: drawn.prompts, givenCount: drawn.givenCount,
      source: InvestigationSource(
        run: index.specification.name, resultsDigest: "\(index.state.digest)", modelName: checkpoint.name,
        modelFingerprint: checkpoint.fingerprint),
      runner: runner, rules: rules, seed: UInt64(unseen.seed))
    for register in investigation.registers {
      try files.write(register)
      Self.note(
        "\(register.neuron.neuron): \(register.neuron.hypotheses.count) hypotheses registered, digest \(register.digest)"
      )
    }
    let progress = GraphProgress()
    defer { progress.finish() }
    var dossiers: [Dossier] = []
    try investigation.run(progress: { progress.advance($0, of: $1) }) { dossier in
      try files.write(dossier)
      dossiers.append(dossier)
    }
    progress.finish()
    try files.writePage(dossiers)
    let text = dossiers.count == 1 ? dossiers[0].text : Self.list(dossiers)
    let bytes = json ? (dossiers.count == 1 ? dossiers[0].json() : Dossier.json(dossiers)) : Array(text.utf8)
    try OutputFile(nil).write(bytes)
  }

  private func chosenNeurons(_ index: RunIndex, path: String) throws -> [NeuronID] {
    guard let topK else {
      let known = Set(try index.knownNeurons(neurons))
      for neuron in neurons where !known.contains(neuron) {
        throw InputError(
          path: path,
          problem: index.unselectedText(neuron)
            + ", which therefore suggests nothing about it; `autointerp query RUN \"SELECT neuron FROM profiles\"` lists those "
            + "that were")
      }
      return neurons
    }
    var search = NeuronSearch()
    search.includesSinks = false
    search.order = sort
    let found = try index.neurons(search, limit: topK).rows.map(\.neuron)
    guard !found.isEmpty else { throw InputError(path: path, problem: "no merged prompt of this run has a neuron") }
    return found
  }

  private static func list(_ dossiers: [Dossier]) -> String {
    let all = dossiers.flatMap(\.findings)
    let counts = Verdict.Outcome.allCases.map { outcome in
      "\(all.count { $0.verdict.outcome == outcome }) \(outcome.rawValue)"
    }
    return dossiers.map(\.line).joined(separator: "\n")
      + "\n\n\(dossiers.count) neurons, \(all.count) hypotheses: \(counts.joined(separator: ", ")); q corrects within each neuron\n"
      + "This ran on one machine; the fleet was not used.\n"
  }

  private static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

extension NeuronSearch.Order: ExpressibleByArgument {}
