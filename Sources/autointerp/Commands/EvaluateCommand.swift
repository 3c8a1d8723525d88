// autointerp
// `EvaluateCommand` is `autointerp evaluate`: it says how well attribution finds what a behaviour needs.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Causality
internal import Checkpoints
internal import Circuits
internal import Console
internal import Coordinator
internal import Corpora
internal import Inference
internal import Platform
internal import Settings

/// Measures how faithful circuits are that different methods cut out of the model.
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well attribution and profiles say what neurons do.",
    discussion: """
      With --pairs, circuits: each method ranks all neurons at positions; circuits of the best ones, from none to all, run with everything else \
      ablated. F = (m(C) - m(0)) / (m(M) - m(0)), where m is the logit of a pair's answer less that of the other answer; \
      F of the complement says what is left without the circuit. Both are ratios of means over pairs with bootstrap \
      intervals. CPR is the area under F over the share of neurons, CMD that of |1 - F|. Neurons at position 0 and \
      attention heads are always kept. The gradient is times the distance to the value that the ablation sets; RelP and \
      activation rank by the whole value. The random ranking, another one for each pair, is the control. Pairs on which the \
      model does not prefer the answer, or not because of its neurons, are left out.

      With --from-atlas, profiles: what a run says about its neurons predicts what removing and doubling them does on prompts \
      that the run has not seen, by the run's metric. Shuffled profiles are the control.

      EXAMPLES
        autointerp evaluate --pairs scripts/corpora/pairs/capitals.jsonl --limit 20 --plot capitals.svg
        autointerp evaluate --from-atlas runs/medical/run.sqlite --prompts scripts/corpora/medical.yaml --template chatml
      """)

  @OptionGroup var engine: EngineOptions
  @OptionGroup var source: PairOptions

  @Option(parsing: .upToNextOption, help: "zero, mean and resample: what the others are set to.")
  var ablations: [CircuitAblation] = CircuitAblation.allCases

  @Option(help: ArgumentHelp("Evaluate the profiles of a run's file.", valueName: "run.sqlite"))
  var fromAtlas: String?

  @Option(help: "How many neurons of the run to test, those in the most prompts.")
  var topK: Int = 40

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Prompts to test profiles on; the run's own are left out.", valueName: "file"))
  var prompts: [String] = []

  @Option(help: "Template of these prompts: raw, chatml, llama3, or a text with {prompt} (default: the run's).")
  var template: String?

  @Option(help: "Pairs or prompts to measure, drawn by the seed; 0 for all.")
  var limit: Int = 20

  @Option(help: ArgumentHelp("Write the curves to this file as SVG.", valueName: "file"))
  var plot: String?

  @Flag(help: "Print JSON.")
  var json = false

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  func validate() throws {
    guard source.pairs.isEmpty == (fromAtlas != nil) else {
      throw ValidationError("Give one of --pairs and --from-atlas.")
    }
    if fromAtlas != nil, prompts.isEmpty { throw ValidationError("--from-atlas needs prompts to test on: --prompts.") }
    if fromAtlas != nil, json || plot != nil { throw ValidationError("--json and --plot go with --pairs.") }
    if topK < 3 { throw ValidationError("--top-k must be at least 3.") }
    if limit < 0 { throw ValidationError("--limit must not be negative.") }
    if Set(ablations).count != ablations.count { throw ValidationError("--ablations: name each only once.") }
  }

  func run() async throws {
    for file in [output, plot] { try OutputFile(file).check() }
    let checkpoint = try engine.checkpoint()
    let tokenizer = try Tokenizer.open(engine.model)
    if let fromAtlas { return try evaluateProfiles(fromAtlas, checkpoint, tokenizer) }
    let all = try source.read(tokenizer)
    let pairs = limit == 0 ? all : Array(all.prefix(limit))
    let backend = OpenBLASBackend(threadCount: engine.threads)
    var runner = InterventionRunner(
      transformer: Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint)), backend: backend
    )
    // Means of pairs that are not measured, where there are any.
    let others = Array(all.dropFirst(pairs.count).prefix(100))
    if ablations.contains(.mean) {
      runner.reference = try source.means(others.isEmpty ? pairs : others, tokenizer, runner: runner)
    }
    let evaluation = FaithfulnessEvaluation(
      runner: runner, methods: [.gradient, .relp, .activation, .random(seed: UInt64(source.seed))],
      ablations: ablations,
      seed: UInt64(source.seed))
    let progress = GraphProgress()
    defer { progress.finish() }
    let result = try evaluation.run(pairs) { progress.advance("pairs", of: pairs.count) }
    progress.finish()
    let report = FaithfulnessReport(result, modelName: checkpoint.name, pairs: source.pairs)
    if let plot { try OutputFile(plot).write(Array(report.svg().utf8)) }
    try OutputFile(output).write(json ? report.json() : Array(report.text().utf8))
  }

  /// Tests what a run says about its neurons.
  private func evaluateProfiles(_ path: String, _ checkpoint: Checkpoint, _ tokenizer: Tokenizer) throws {
    let archived = try ArchivedRun(path: path)
    try engine.requireModel(of: archived.specification, in: path, is: checkpoint)
    let neurons = archived.aggregate.rankedNeurons(by: .prompts, limit: topK)
    let own = Set(archived.specification.prompts.map { $0.text.utf8.map { $0 } })
    var candidates: [CorpusPrompt] = []
    for file in prompts {
      candidates += try PromptFile(path: file, group: .domain).prompts.filter { !own.contains(Array($0.text.utf8)) }
    }
    let drawn = Corpus(drawing: candidates, limit: limit == 0 ? nil : limit, seed: UInt64(source.seed)).prompts
    guard !drawn.isEmpty else { throw RunError.noPrompts }
    let usual = archived.specification.template
    let template = try PromptTemplate(name: template ?? usual.name, system: template == nil ? usual.system : nil)
    let metric = archived.specification.settings.metric
    let tests = try drawn.map { prompt in
      BatteryPrompt(
        text: prompt.text,
        tokens: try template.tokens(for: prompt.text, answerPrefix: prompt.answerPrefix, tokenizer: tokenizer),
        metric: try prompt.target?.specification(in: metric) { try tokenizer.token(named: $0) } ?? metric)
    }
    let backend = OpenBLASBackend(threadCount: engine.threads)
    let runner = InterventionRunner(
      transformer: Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint)), backend: backend
    )
    let progress = GraphProgress()
    defer { progress.finish() }
    let evaluation = try ProfileEvaluation(
      archived, neurons: neurons, prompts: tests, runner: runner, seed: UInt64(source.seed)
    ) { progress.advance("prompts", of: $0) }
    progress.finish()
    try OutputFile(output).write(Array(evaluation.text().utf8))
  }
}
