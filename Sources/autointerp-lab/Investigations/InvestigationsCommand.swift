// autointerp
// `InvestigationsCommand` is `autointerp-lab investigations`: it counts hits and false discoveries of investigations.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Causality
internal import Checkpoints
internal import Console
internal import Corpora
internal import Inference
internal import Investigations
internal import Platform
internal import RunIndex
internal import Settings

/// Investigates where the truth is known: planted models, profiles of other neurons, permuted groups.
struct InvestigationsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "investigations",
    abstract: "Count hits and false discoveries of investigations.",
    discussion: """
      Planted models: eight neurons of known function each. Hypotheses that are true and confirmed are hits. The same hypotheses \
      about random neurons of the same layer and of similar activation are false, and so are preferences of groups if the \
      groups of the unseen prompts are permuted; confirmed ones are false discoveries. With --run, the same for the neurons of a \
      real run, where nobody knows which of their own hypotheses are true.

      EXAMPLES
        autointerp-lab investigations --models 5
        autointerp-lab investigations --models 0 --run run.sqlite --top-k 20 --prompts scripts/corpora/medical.yaml \
      --baseline scripts/corpora/general.yaml
      """)

  @OptionGroup var engine: EngineOptions

  @Option(help: "Planted models, by seeds from 1.")
  var models: Int = 5

  @Option(help: "The SQLite file of a real run.")
  var run: String?

  @Option(help: "Neurons of the real run that are no sinks, the first by --sort.")
  var topK: Int = 20

  @Option(help: "score, specificity or prompts.")
  var sort: NeuronSearch.Order = .score

  @Option(parsing: .upToNextOption, help: "Prompt files of the domain.")
  var prompts: [String] = []

  @Option(parsing: .upToNextOption, help: "Prompt files of the baseline.")
  var baseline: [String] = []

  @Option(help: "Unseen prompts in all.")
  var limit: Int = 120

  @Option(help: "Random neurons beside each hypothesis.")
  var controls: Int = InvestigationRules().controlCount

  @Option(help: "Rounds of permuted groups.")
  var rounds: Int = 5

  func validate() throws {
    if models < 0 || topK < 1 || limit < 1 || rounds < 0 || controls < 2 {
      throw ValidationError(
        "--models and --rounds must not be negative, --top-k and --limit at least 1, --controls at least 2.")
    }
    if run != nil, prompts.isEmpty {
      throw ValidationError("--run needs prompts that the run has not seen: --prompts.")
    }
  }

  func run() async throws {
    var rules = InvestigationRules()
    rules.controlCount = controls
    let progress = GraphProgress()
    defer { progress.finish() }
    var (hits, claimedFalse, exchanged) = (InvestigationTally(), InvestigationTally(), InvestigationTally())
    var (swapped, permuted) = (InvestigationTally(), InvestigationTally())
    for seed in 0..<models {
      let benchmark = try InvestigationBenchmark.planted(seed: UInt64(seed) + 1, rules: rules) {
        progress.advance("model \(seed + 1): \($0)", of: $1)
      }
      for dossier in try benchmark.own() {
        hits.add(dossier) { PlantedTruth.isTrue($0, of: dossier.neuron) }
        claimedFalse.add(dossier) { !PlantedTruth.isTrue($0, of: dossier.neuron) }
      }
      for dossier in try benchmark.exchanged() { exchanged.add(dossier) }
      for dossier in try benchmark.swapped() { swapped.add(dossier) }
      for dossier in try benchmark.permuted(rounds: rounds) { permuted.add(dossier) }
    }
    progress.finish()
    if models > 0 {
      try Self.write(hits.text("\(models) planted models: true hypotheses (confirmed ones are hits)"))
      if claimedFalse.total > 0 {
        try Self.write(claimedFalse.text("Planted models: false hypotheses that their runs suggested"))
      }
      try Self.write(
        exchanged.text("Planted models: hypotheses of another neuron (confirmed ones are false discoveries)"))
      try Self.write(swapped.text("Planted models: tokens of the next planted neuron (all false)"))
      if permuted.total > 0 {
        try Self.write(permuted.text("Planted models: groups permuted in \(rounds) rounds (all false)"))
      }
    }
    if let run { try real(run, rules: rules, progress: progress) }
  }

  /// The same on a real run.
  private func real(_ path: String, rules: InvestigationRules, progress: GraphProgress) throws {
    let checkpoint = try engine.checkpoint()
    let tokenizer = try Tokenizer.open(engine.model)
    let index = try RunIndex.open(path)
    let corpus = try UnseenCorpus(
      prompts.map { (.domain, $0) } + baseline.map { (.baseline, $0) }, of: index.specification, tokenizer: tokenizer,
      limit: limit, seed: 0)
    let backend = OpenBLASBackend(threadCount: engine.threads)
    let runner = InterventionRunner(
      transformer: Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint)), backend: backend
    )
    var search = NeuronSearch()
    search.includesSinks = false
    search.order = sort
    let chosen = try index.neurons(search, limit: topK).rows.map(\.neuron)
    let benchmark = InvestigationBenchmark(
      runner: runner,
      neurons: try InvestigatedNeuron.gather(chosen, from: index, runner: runner, rules: rules) {
        tokenizer.displayText(of: $0)
      },
      prompts: corpus.prompts,
      source: InvestigationSource(
        run: index.specification.name, resultsDigest: "\(index.state.digest)", modelName: checkpoint.name,
        modelFingerprint: checkpoint.fingerprint),
      rules: rules, seed: 0, progress: { progress.advance($0, of: $1) })
    var (own, exchanged) = (InvestigationTally(), InvestigationTally())
    var (swapped, permuted) = (InvestigationTally(), InvestigationTally())
    for dossier in try benchmark.own() { own.add(dossier) }
    for dossier in try benchmark.exchanged() { exchanged.add(dossier) }
    for dossier in try benchmark.swapped() { swapped.add(dossier) }
    for dossier in try benchmark.permuted(rounds: rounds) { permuted.add(dossier) }
    progress.finish()
    try Self.write(own.text("\(index.specification.name): the neurons' own hypotheses"))
    try Self.write(exchanged.text("The same hypotheses about random neurons (confirmed ones are false discoveries)"))
    try Self.write(swapped.text("The tokens of the next neuron (all false)"))
    if permuted.total > 0 { try Self.write(permuted.text("Groups permuted in \(rounds) rounds (all false)")) }
  }

  private static func write(_ text: String) throws { try OutputFile(nil).write(Array(text.utf8)) }
}

extension NeuronSearch.Order: ExpressibleByArgument {}
