// autointerp
// `CausalCommand` is `autointerp causal`: it changes neurons and measures what the model then predicts.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Attribution
internal import Causality
internal import Checkpoints
internal import Circuits
internal import Console
internal import Coordinator
internal import Foundation
internal import Inference
internal import Platform
internal import Settings

/// Removes, boosts or replaces neurons and measures the change of the prediction.
struct CausalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "causal",
    abstract: "Change neurons and measure what the model then predicts.",
    discussion: """
      Runs every prompt again with each neuron changed and compares the whole distribution of the next token: KL \
      divergence, the metric, the top tokens. `A,B` are neurons apart, `A+B` changes both at once. Layers below the \
      lowest changed one are computed once for all. Over several prompts it says whether the neuron is necessary, whether \
      more of it moves the tokens that its weights promote, and, with --controls, how it compares with random neurons of \
      the same layer and of similar activation. Changes: zero; xF multiplies the live value; mean and resample take a \
      value from --reference prompts; add:V and set:V.

      EXAMPLES
        autointerp causal --neurons L28/N1095,L11/N1229 "The capital of France is"
        autointerp causal --neurons L29/N729 --interventions zero,x2 --prompts scripts/corpora/medical.yaml \
          --template chatml --limit 40 --controls 50
        autointerp causal --edges 200 --prompts scripts/corpora/medical.yaml --limit 10
        autointerp causal --from-atlas runs/medical/run.sqlite --top-k 10 --interventions mean --reference \
          scripts/corpora/baseline.txt --prompts scripts/corpora/medical.yaml --limit 20 -o causal.json
      """)

  @OptionGroup var engine: EngineOptions
  @OptionGroup var metric: MetricOptions
  @OptionGroup var source: PromptOptions

  @Option(help: "Neurons or sets separated by commas: L28/N1095,L11/N1229+L1/N83.")
  var neurons: String?

  @Option(
    help: ArgumentHelp(
      "Take the neurons of a run's file with the largest sum of |score|, by the run's rule.", valueName: "run.sqlite"))
  var fromAtlas: String?

  @Option(help: "How many neurons --from-atlas takes.")
  var topK: Int = 10

  @Option(help: "Take so many neurons at random, drawn by the seed over all layers: what chance looks like.")
  var randomNeurons: Int?

  @Option(
    help: ArgumentHelp(
      "Instead: remove the sources of each prompt's N strongest edges between neurons and measure their targets.",
      valueName: "n"))
  var edges: Int?

  @Option(help: "Changes separated by commas: \(InterventionKind.expected).")
  var interventions: String = "zero,x2"

  @Option(help: "Factors separated by commas, for dose-response curves: adds the changes xF.")
  var doses: String?

  @Option(help: "Where neurons are changed: all, last, not-first, or positions such as 0,3.")
  var positions: String = "all"

  @Option(help: "full: everything above answers to the change; direct: only the neuron's own write to the output.")
  var path: EffectPath = .full

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Prompts over which mean values are taken (default: those that calibrate stored); resample takes the first.",
      valueName: "file"))
  var reference: [String] = []

  @Option(help: "Use at most so many reference prompts, drawn by the seed; 0 for all.")
  var referenceLimit: Int = 100

  @Option(help: "Matched random neurons for each set, removed in the same way, for p and q values; 0 for none.")
  var controls: Int = 0

  @Option(name: .customLong("top"), help: "Tokens in each list.")
  var topCount: Int = 10

  @Option(help: "How many tokens of a neuron's projection count as expected.")
  var expectedTokens: Int = 20

  @Flag(help: "Print JSON.")
  var json = false

  @Option(name: .shortAndLong, help: "Write JSON to this file as well.")
  var output: String?

  @Argument(help: "The prompt.")
  var text: String?

  func validate() throws {
    if [neurons != nil, fromAtlas != nil, randomNeurons != nil, edges != nil].filter({ $0 }).count != 1 {
      throw ValidationError("Give one of --neurons, --from-atlas, --random-neurons and --edges.")
    }
    if let edges, edges < 1 { throw ValidationError("--edges must be at least 1.") }
    if metric.position != nil {
      throw ValidationError("--position: cut the prompt instead; the last position is measured.")
    }
    if topCount < 1 || topK < 1 { throw ValidationError("--top and --top-k must be at least 1.") }
    if controls == 1 || controls < 0 { throw ValidationError("--controls must be 0, or 2 and more.") }
    if expectedTokens < 0 || referenceLimit < 0 {
      throw ValidationError("--expected-tokens and --reference-limit must not be negative.")
    }
    if let randomNeurons, randomNeurons < 1 { throw ValidationError("--random-neurons must be at least 1.") }
    _ = try kinds()
    guard let places = PositionChoice(positions) else {
      throw ValidationError("--positions: \"\(positions)\" is not all, last, not-first or a list such as 0,3.")
    }
    if path == .direct, case .given = places {
      throw ValidationError(
        "--path direct changes what is written at the last position: use --positions all, last or not-first.")
    }
    if controls > 0, !(try kinds().contains(where: \.isRemoval)) {
      throw ValidationError("--controls compares removals: add zero, mean or resample to --interventions.")
    }
    if let neurons { _ = try Self.sets(neurons) }
  }

  func run() async throws {
    try OutputFile(output).check()
    let checkpoint = try engine.checkpoint()
    let tokenizer = source.tokens == nil ? try Tokenizer.open(engine.model) : engine.tokenizerIfUsable()
    let open = { try Tokenizer.open(engine.model) }
    let specification = try metric.specification { try tokenizer ?? open() }
    let prompts = try source.read(
      text: text ?? metric.textAfterContrast, metric: specification, tokenizer: tokenizer, open: open)
    let backend = OpenBLASBackend(threadCount: engine.threads)
    let transformer = Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint))
    var runner = InterventionRunner(transformer: transformer, backend: backend)
    if let edges { return try checkEdges(prompts, count: edges, runner: runner) }
    let plan = InterventionPlan(
      sets: try sets(checkpoint), kinds: try kinds(), positions: PositionChoice(positions) ?? .all, path: path)
    try prepare(&runner, plan: plan, checkpoint: checkpoint, tokenizer: tokenizer, open: open)
    let battery = CausalBattery(
      runner: runner, plan: plan, controlCount: controls, topCount: topCount, seed: UInt64(source.seed),
      expected: try ExpectedTokens.projected(plan.sets, transformer: transformer, on: backend, count: expectedTokens))
    let progress = GraphProgress()
    defer { progress.finish() }
    let result = try battery.run(prompts) { done, all in progress.advance("prompts", of: all) }
    progress.finish()
    let texts = { (token: Int32) in tokenizer?.displayText(of: token) ?? "#\(token)" }
    let export = CausalExport(
      result, plan: plan, modelName: checkpoint.name, modelFingerprint: checkpoint.fingerprint,
      seed: UInt64(source.seed), tokenText: texts)
    if let output { try OutputFile(output).write(export.json()) }
    if json {
      if output == nil { try OutputFile(nil).write(export.json()) }
    } else {
      let report = CausalText(result, plan: plan, tokenText: texts)
      try OutputFile(nil).write(Array(report.text().utf8))
    }
  }

  /// Removes the sources of edges and measures their targets.
  private func checkEdges(
    _ prompts: [BatteryPrompt], count: Int, runner: InterventionRunner<OpenBLASBackend>
  ) throws {
    let progress = GraphProgress()
    defer { progress.finish() }
    var checked: [CheckedEdge] = []
    for prompt in prompts {
      checked += try EdgeCheck(runner).check(prompt.tokens, metric: prompt.metric, count: count)
      progress.advance("prompts", of: prompts.count)
    }
    progress.finish()
    let report = EdgeCheckReport(edges: checked, promptCount: prompts.count)
    if let output { try OutputFile(output).write(report.json()) }
    if json, output == nil { return try OutputFile(nil).write(report.json()) }
    if !json { try OutputFile(nil).write(Array(report.text().utf8)) }
  }

  /// Gets the values that kinds take from other prompts: from the reference prompts, or for `mean` without such prompts
  /// from the means that `calibrate` stored.
  private func prepare(
    _ runner: inout InterventionRunner<OpenBLASBackend>, plan: InterventionPlan, checkpoint: Checkpoint,
    tokenizer: Tokenizer?, open: () throws -> Tokenizer
  ) throws {
    let (needsMeans, needsDonor) = (plan.kinds.contains(.mean), plan.kinds.contains(.resample))
    guard needsMeans || needsDonor else { return }
    if reference.isEmpty {
      if needsDonor {
        throw ValidationError("resample takes values from another prompt: name a file with --reference.")
      }
      runner.reference = try CalibrationStore().means(
        of: checkpoint, template: source.template.kind, for: "--interventions mean")
      return
    }
    let usable = try tokenizer ?? open()
    let prompts = try source.corpus(reference, limit: referenceLimit).map {
      try source.template.tokens(for: $0.text, answerPrefix: $0.answerPrefix, tokenizer: usable)
    }
    guard let first = prompts.first else { throw RunError.noPrompts }
    if needsDonor {
      runner.donor = try DonorActivations(of: first, transformer: runner.transformer, on: runner.backend)
    }
    if needsMeans {
      let progress = GraphProgress()
      runner.reference = try ActivationMeans.over(prompts, transformer: runner.transformer, on: runner.backend) { _ in
        progress.advance("reference", of: prompts.count)
      }
      progress.finish()
    }
  }

  private func kinds() throws -> [InterventionKind] {
    var kinds: [InterventionKind] = []
    let doses = try doses.map { list in
      try list.split(separator: ",").map { part in
        guard let factor = Float(part), factor.isFinite else {
          throw ValidationError("--doses: \"\(part)\" is not a number.")
        }
        return InterventionKind.scale(factor)
      }
    }
    let named = try interventions.split(separator: ",").map { part in
      guard let kind = InterventionKind(String(part)) else {
        throw ValidationError("--interventions: \"\(part)\" is not one of \(InterventionKind.expected).")
      }
      return kind
    }
    for kind in named + (doses ?? []) where !kinds.contains(kind) { kinds.append(kind) }
    guard !kinds.isEmpty else { throw ValidationError("--interventions: name one of \(InterventionKind.expected).") }
    return kinds
  }

  private static func sets(_ list: String) throws -> [NeuronSet] {
    let sets = try list.split(separator: ",").map { part in
      guard let set = NeuronSet(String(part)) else {
        throw ValidationError("--neurons: \"\(part)\" is not a neuron such as L28/N1095 or a set such as L1/N2+L3/N4.")
      }
      return set
    }
    guard !sets.isEmpty, Set(sets).count == sets.count else {
      throw ValidationError("--neurons: name at least one neuron, and each only once.")
    }
    return sets
  }

  private func sets(_ checkpoint: Checkpoint) throws -> [NeuronSet] {
    if let neurons { return try Self.sets(neurons) }
    let c = checkpoint.configuration
    if let randomNeurons {
      var random = SeededRandom(seed: UInt64(source.seed))
      var chosen: [NeuronSet] = []
      while chosen.count < min(randomNeurons, c.layerCount * c.feedForwardDimension) {
        let set = NeuronSet([
          NeuronID(
            layer: random.integer(in: 0...c.layerCount - 1), index: random.integer(in: 0...c.feedForwardDimension - 1))
        ])
        if !chosen.contains(set) { chosen.append(set) }
      }
      return chosen
    }
    let archived = try ArchivedRun(path: fromAtlas ?? "")
    try engine.requireModel(of: archived.specification, in: fromAtlas ?? "", is: checkpoint)
    let ranked = archived.aggregate.rankedNeurons(
      by: .score, limit: topK, rule: archived.specification.settings.rule)
    guard !ranked.isEmpty else {
      throw InputError(path: fromAtlas ?? "", problem: "no merged prompt of this run has a neuron")
    }
    return ranked.map { NeuronSet([$0]) }
  }
}

extension EffectPath: ExpressibleByArgument {}
