// autointerp
// `CircuitCommand` is `autointerp circuit`: it finds a small set of neurons that keeps a behaviour on its own.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Causality
internal import Checkpoints
internal import Circuits
internal import Console
internal import Inference
internal import Platform
internal import Settings

/// Searches a circuit by interventions.
struct CircuitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "circuit",
    abstract: "Find a small set of neurons that keeps a behaviour when all others are ablated.",
    discussion: """
      The behaviour is the logit of a pair's answer less that of the other answer. Neurons at positions are ranked by \
      attribution; the best ones are doubled in number until they keep the behaviour, and pruned by interventions. F is \
      (m(C) - m(0)) / (m(M) - m(0)): the metric with only the circuit, above that with nothing, as a share of the whole \
      model's. All neurons at position 0, where sinks are, and all attention heads are kept. Pairs of one template and \
      length are used together; the rest of them checks the result. If no circuit of at most --max-nodes keeps F, the \
      command fails and says how far it came.

      With --prompt, the behaviour is one prompt's: the logit of its top token less that of the second, or of the top token \
      of --corrupt. The others are then set to the values of --corrupt, or without it to their means.

      EXAMPLES
        autointerp circuit --prompt "The capital of France is" --corrupt "The capital of Italy is"
        autointerp circuit --pairs scripts/corpora/pairs/capitals.jsonl --limit 4
        autointerp circuit --pairs scripts/corpora/pairs/agreement.jsonl --ablation mean --max-nodes 5000 --json
      """)

  @OptionGroup var engine: EngineOptions
  @OptionGroup var source: PairOptions
  @OptionGroup var single: SinglePairOptions

  @Option(
    help: "zero, mean, or resample: the values of the corrupt prompt (default: resample where there is one, or mean).")
  var ablation: CircuitAblation?

  @Option(help: "Pairs to search on.")
  var limit: Int = 4

  @Option(help: "Pairs to check the result on, at most.")
  var heldOut: Int = 16

  @Option(help: "Use the pairs of this template (default: that of the first pair drawn).")
  var templateNumber: Int?

  @Option(help: "The F that the circuit must keep.")
  var level: Double = 0.8

  @Option(help: "The share of pairs on which it must keep the model's top token; a single pair's is always kept.")
  var sameAnswer: Double = 0.8

  @Option(help: "The largest circuit to accept.")
  var maxNodes: Int = 2000

  @Option(help: "Members to list.")
  var show: Int = 20

  @Flag(help: "Print JSON.")
  var json = false

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  func validate() throws {
    if source.pairs.isEmpty == (single.prompt == nil) { throw ValidationError("Give one of --pairs and --prompt.") }
    if single.prompt != nil, single.corrupt == nil, ablation == .resample {
      throw ValidationError("--ablation resample takes the values of another prompt: give --corrupt.")
    }
    if limit < 1 || maxNodes < 1 { throw ValidationError("--limit and --max-nodes must be at least 1.") }
    if heldOut < 0 || show < 0 { throw ValidationError("--held-out and --show must not be negative.") }
    guard level > 0, level <= 1 else { throw ValidationError("--level must be above 0 and at most 1.") }
    guard (0...1).contains(sameAnswer) else { throw ValidationError("--same-answer must be from 0 to 1.") }
  }

  func run() async throws {
    try OutputFile(output).check()
    let checkpoint = try engine.checkpoint()
    let tokenizer = try Tokenizer.open(engine.model)
    let ablation = ablation ?? (single.prompt != nil && single.corrupt == nil ? .mean : .resample)
    let backend = OpenBLASBackend(threadCount: engine.threads)
    var runner = InterventionRunner(
      transformer: Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint)), backend: backend
    )
    let own = try single.pair(tokenizer, runner: runner)
    let all = try own.map { [$0] } ?? source.read(tokenizer)
    if ablation == .mean {
      runner.reference =
        own != nil && source.reference.isEmpty
        ? try CalibrationStore().means(of: checkpoint, template: "raw", for: "--ablation mean")
        : try source.means(all, tokenizer, runner: runner)
    }
    let chosen = try own.map { [$0] } ?? pairs(all, for: ablation)
    let start = ContinuousClock.now
    let (testers, left) = try CircuitTester.testers(
      of: chosen, ablation: ablation, runner: runner, limit: limit + heldOut)
    guard !testers.isEmpty else {
      throw InputError(
        path: source.pairs.first ?? "--prompt",
        problem: own != nil
          ? "the model does not prefer the answer because of its neurons, so there is nothing to keep"
          : "on none of \(chosen.count) pairs of one template does the model prefer the answer because of its neurons")
    }
    var search = try CircuitSearch(
      Array(testers.prefix(limit)), heldOut: Array(testers.dropFirst(limit)),
      width: checkpoint.configuration.feedForwardDimension)
    search.level = level
    search.answerShare = sameAnswer
    search.maximumNodes = maxNodes
    let circuit = try search.find { StandardError.say($0) }
    let report = CircuitReport(
      circuit, level: level, pairs: testers.prefix(limit).map(\.pair), ablation: ablation, leftOut: left,
      modelName: checkpoint.name, tokenText: tokenizer.displayText(of:), seconds: start.duration(to: .now) / .seconds(1)
    )
    try OutputFile(output).write(json ? report.json() : Array(report.text(show: show).utf8))
  }

  /// The pairs of one template whose prompts have the most frequent length.
  private func pairs(_ all: [PromptPair], for ablation: CircuitAblation) throws -> [PromptPair] {
    let number = templateNumber ?? all.first?.template ?? 0
    let usable = all.filter { $0.template == number && (ablation != .resample || $0.isAligned) }
    let lengths = Dictionary(grouping: usable, by: \.tokens.count)
    guard let best = lengths.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }) else {
      throw ValidationError(
        "--template-number: no pair of template \(number) can be used with \(ablation.rawValue) ablation.")
    }
    return best.value
  }
}
