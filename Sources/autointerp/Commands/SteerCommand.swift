// autointerp
// `SteerCommand` is `autointerp steer`: it generates text with and without changed neurons.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Causality
internal import Checkpoints
internal import Circuits
internal import Console
internal import Inference
internal import JSON
internal import Platform
internal import Settings

/// Generates text with and without changed neurons.
struct SteerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "steer",
    abstract: "Generate text with and without changed neurons, side by side.",
    discussion: """
      Continues the prompt twice: as the model is, and with the neurons changed at every position. Greedy unless a \
      temperature is given; with one, both texts are drawn with the same seed. --sweep measures instead how far the next \
      token's distribution moves as all neurons are multiplied by growing factors.

      EXAMPLES
        autointerp steer --neurons L29/N729=x4 "The capital of France is"
        autointerp steer --neurons L28/N1095=zero,L11/N1229=x2 --template chatml --max-tokens 60 "Tell me a joke."
        autointerp steer --neurons L29/N729=x2 --sweep 0,1,2,4,8 "The capital of France is"
      """)

  @OptionGroup var engine: EngineOptions

  @Option(help: "Changes separated by commas, such as L29/N729=x2,L28/N1095=zero.")
  var neurons: String

  @Option(help: "The prompt, if it is not given as an argument.")
  var prompt: String?

  @Option(help: "Token ids separated by commas, instead of a text; needs no tokenizer.")
  var tokens: String?

  @OptionGroup var template: TemplateOptions

  @Option(help: "Where neurons are changed: all, not-first, or last (from the prompt's last position on).")
  var positions: String = "all"

  @Option(help: "The most tokens to generate.")
  var maxTokens: Int = 40

  @Option(help: "0 takes the most probable token; 1 draws by the model's probabilities.")
  var temperature: Double = 0

  @Option(help: "Decides which tokens are drawn.")
  var seed: Int = 0

  @Option(help: "Measure KL at these factors, separated by commas, instead of generating text.")
  var sweep: String?

  @Flag(help: "Print JSON.")
  var json = false

  @Argument(help: "The prompt.")
  var text: String?

  func validate() throws {
    _ = try steered()
    if [text != nil, prompt != nil, tokens != nil].filter({ $0 }).count != 1 {
      throw ValidationError("Give one of a text, --prompt and --tokens.")
    }
    guard let choice = PositionChoice(positions), [.all, .last, .notFirst].contains(choice) else {
      throw ValidationError("--positions: \"\(positions)\" is not all, last or not-first.")
    }
    if maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1.") }
    if temperature < 0 || !temperature.isFinite { throw ValidationError("--temperature must not be negative.") }
    if seed < 0 { throw ValidationError("--seed must not be negative.") }
    _ = try factors()
  }

  func run() async throws {
    let checkpoint = try engine.checkpoint()
    let tokenizer = tokens == nil ? try Tokenizer.open(engine.model) : engine.tokenizerIfUsable()
    let ids: [Int32]
    if let tokens {
      ids = try PromptTokens.parse(tokens)
    } else if let tokenizer {
      ids = try template.tokens(for: text ?? prompt ?? "", answerPrefix: "", tokenizer: tokenizer)
    } else {
      ids = []
    }
    let backend = OpenBLASBackend(threadCount: engine.threads)
    let transformer = Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint))
    let report = SteerReport(tokenizer: tokenizer, changes: try steered())
    if let factors = try factors() {
      let runner = InterventionRunner(transformer: transformer, backend: backend)
      let plan = InterventionPlan(
        sets: [NeuronSet(try steered().map(\.neuron))], kinds: factors.map { .scale($0) },
        positions: PositionChoice(positions) ?? .all)
      let measured = try runner.measure(ids, plan: plan)
      return try OutputFile(nil).write(json ? report.json(measured, factors) : report.text(measured, factors))
    }
    var settings = GenerationSettings()
    settings.maximumTokens = maxTokens
    settings.temperature = temperature
    settings.seed = UInt64(seed)
    settings.positions = PositionChoice(positions) ?? .all
    settings.stopTokens = Set([tokenizer?.eosToken].compactMap(\.self))
    let generator = TextGenerator(transformer: transformer, backend: backend)
    let plain = try generator.generate(after: ids, steering: [], settings: settings)
    let changed = try generator.generate(after: ids, steering: try steered(), settings: settings)
    try OutputFile(nil).write(json ? report.json(ids, plain, changed) : report.text(ids, plain, changed))
  }

  private func steered() throws -> [SteeredNeuron] {
    do {
      return try SteeredNeuron.list(neurons)
    } catch {
      throw ValidationError("--neurons: \(error).")
    }
  }

  private func factors() throws -> [Float]? {
    try sweep.map { list in
      let factors = try list.split(separator: ",").map { part in
        guard let factor = Float(part), factor.isFinite else {
          throw ValidationError("--sweep: \"\(part)\" is not a number.")
        }
        return factor
      }
      guard !factors.isEmpty else { throw ValidationError("--sweep: name at least one factor, such as 0,1,2,4.") }
      return factors
    }
  }
}
