// autointerp
// `autointerp graph`: the attribution graph of one prompt.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Attribution
internal import Checkpoints
internal import Circuits
internal import Foundation
internal import Inference

/// Computes and prints one attribution graph.
struct GraphCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Compute the attribution graph of one prompt.",
    discussion: """
      Traces what the model predicts back to neurons and input tokens (RelP) and prints the strongest of them, or \
      writes the whole graph with --format full, or in Neuronpedia's format. A token is written as its text or as #id; \
      0 turns a threshold or cap off.

      EXAMPLES
        autointerp graph "The capital of France is"
        autointerp graph --contrast " cold" " warm" "In winter the weather is"
        autointerp graph --template chatml --format full -o graph.json "Which vitamin prevents scurvy?"
        autointerp graph --tokens 504,3575,282,4649,314 --top-logits 3
      """)

  @OptionGroup var engine: EngineOptions
  @OptionGroup var metric: MetricOptions

  @Option(help: "raw, chatml, llama3, or a text with {prompt} and {answer_prefix}.")
  var template: String = "raw"

  @Option(help: "System turn of a chat template; empty for none (default: the model's own).")
  var system: String?

  @Option(help: "What the answer starts with.")
  var answerPrefix: String = ""

  @Option(help: "Keep neurons whose |total effect| is at least this share of |metric|.")
  var tau: Double = AttributionSettings().tau

  @Option(help: "Keep edges whose |flow| is at least this share of |metric|.")
  var edgeThreshold: Double = AttributionSettings().edgeThreshold

  @Option(help: "Keep at most this many neurons, those with the largest |total effect|.")
  var maxNodes: Int = AttributionSettings().maximumNodeCount

  @Option(help: "Rows of the edge sweep in memory at once.")
  var maxSweepRows: Int = AttributionSettings().maximumSweepRows

  @Option(help: "text, full or neuronpedia.")
  var format: GraphExport.Format = .text

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  @Option(help: "Token ids separated by commas, instead of a text; needs no tokenizer.")
  var tokens: String?

  @Argument(help: "The prompt.")
  var text: String?

  func validate() throws {
    if (text == nil) == (tokens == nil) { throw ValidationError("Give either a text or --tokens.") }
  }

  func run() async throws {
    try OutputFile(output).check()
    let checkpoint = try engine.checkpoint()
    // A prompt of token ids can do without a tokenizer.
    let tokenizer = text == nil ? engine.tokenizerIfUsable() : try Tokenizer.open(engine.model)
    let ids = try promptTokens(tokenizer)
    var settings = AttributionSettings()
    settings.metric = try metric.specification { try tokenizer ?? Tokenizer.open(engine.model) }
    settings.position = metric.position
    settings.tau = tau
    settings.edgeThreshold = edgeThreshold
    settings.maximumNodeCount = maxNodes
    settings.maximumSweepRows = maxSweepRows

    let backend = OpenBLASBackend(threadCount: engine.threads)
    let transformer = Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint))
    let progress = GraphProgress()
    defer { progress.finish() }
    let graph = try RelevancePropagation(transformer: transformer, backend: backend)
      .graph(of: ids, settings: settings) { progress.advance($0) }
    progress.finish()
    let labels = GraphLabels(
      modelName: checkpoint.name, layerCount: checkpoint.configuration.layerCount,
      prompt: tokenizer?.decode(ids) ?? "", settings: settings, tokenText: { tokenizer?.displayText(of: $0) })
    try OutputFile(output).write(GraphExport(graph, labels: labels).bytes(format))
  }

  private func promptTokens(_ tokenizer: Tokenizer?) throws -> [Int32] {
    if let text, let tokenizer {
      return try PromptTemplate(name: template, system: system)
        .tokens(for: text, answerPrefix: answerPrefix, tokenizer: tokenizer)
    }
    return try PromptTokens.parse(tokens ?? "")
  }
}

extension GraphExport.Format: ExpressibleByArgument {}
