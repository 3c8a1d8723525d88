// autointerp
// `GraphCommand` is `autointerp graph`: it computes the attribution graph of one prompt.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Attribution
internal import Checkpoints
internal import Circuits
internal import Console
internal import Foundation
internal import Inference
internal import Platform
internal import Settings

/// Computes and prints one attribution graph.
struct GraphCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Compute the attribution graph of one prompt.",
    discussion: """
      Traces what the model predicts back to neurons and input tokens and prints the strongest of them, or writes the \
      whole graph with --format full, or in Neuronpedia's format. The metric is the log probability of the top token \
      unless asked otherwise, because the sum of the largest logits mostly follows a shift that changes no probability. \
      Scores are true gradients times activations, which agree best with interventions; RelP's stand beside them. Edges \
      are direct effects of RelP's linear model, which add up exactly. The strongest nodes are verified: the model is run \
      again without them. A token is written as its text or as #id; 0 turns a threshold or cap off.

      EXAMPLES
        autointerp graph "The capital of France is"
        autointerp graph --contrast " cold" " warm" "In winter the weather is"
        autointerp graph --verify 20+5 --verify-with zero,mean "The capital of France is"
        autointerp graph --template chatml --format full -o graph.json "Which vitamin prevents scurvy?"
        autointerp graph --tokens 504,3575,282,4649,314 --top-logits 3 --rule relp --tau 0.005
      """)

  @OptionGroup var engine: EngineOptions
  @OptionGroup var metric: MetricOptions

  @OptionGroup var template: TemplateOptions

  @Option(help: "What the answer starts with.")
  var answerPrefix: String = ""

  @OptionGroup var scores: ScoreOptions

  @Flag(help: "Compute the scores of --rule only: one backward pass less, and no trust.")
  var oneRule = false

  @Option(help: "Keep edges whose |flow| is at least this share of |metric|, or of all nodes' |score| for logprob.")
  var edgeThreshold: Double = AttributionSettings().edgeThreshold

  @Option(help: "Keep at most this many neurons, those with the largest |score|.")
  var maxNodes: Int = AttributionSettings().maximumNodeCount

  @Option(help: "Rows of the edge sweep in memory at once.")
  var maxSweepRows: Int = AttributionSettings().maximumSweepRows

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Instead of the graph, list through which layers, heads and positions the flow from node S to node T travels; ids \
      as in --format full, such as 15_789_11, E_504_0, L_791_4 and M_4. Why the heads attend there is not part of it.
      """, valueName: "s> <t"))
  var whyEdge: [String] = []

  @Option(help: "text, full or neuronpedia.")
  var format: GraphExport.Format = .text

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  @Option(help: "Token ids separated by commas, instead of a text; needs no tokenizer.")
  var tokens: String?

  @Argument(help: "The prompt; - reads it from standard input.")
  var text: String?

  /// The prompt as it was written. `--contrast A B` and `--why-edge S T` also take the word behind their two values.
  private var writtenText: String? { text ?? metric.textAfterContrast ?? (whyEdge.count == 3 ? whyEdge[2] : nil) }

  func validate() throws {
    if text != nil { try metric.requireNoText() }
    if (writtenText == nil) == (tokens == nil) { throw ValidationError("Give either a text or --tokens.") }
    if !whyEdge.isEmpty {
      let ids = whyEdge.prefix(2)
      guard whyEdge.count == 2 || (whyEdge.count == 3 && text == nil), ids.allSatisfy({ NodeReference($0) != nil })
      else {
        throw ValidationError("--why-edge takes the ids of two nodes, such as 3_88_0 and L_791_4.")
      }
      if format == .neuronpedia { throw ValidationError("--why-edge writes text or JSON (--format full).") }
    }
  }

  func run() async throws {
    try OutputFile(output).check()
    let checkpoint = try engine.checkpoint()
    // A prompt given as token ids needs no tokenizer.
    let text = try writtenText.map { $0 == "-" ? try InputFile.textFromStandardInput() : $0 }
    let tokenizer = text == nil ? engine.tokenizerIfUsable() : try Tokenizer.open(engine.model)
    let ids = try promptTokens(text, tokenizer)
    var settings = AttributionSettings()
    settings.metric = try metric.specification { try tokenizer ?? Tokenizer.open(engine.model) }
    settings.position = metric.position
    settings.verification = .standard
    scores.apply(to: &settings)
    settings.edgeThreshold = edgeThreshold
    settings.maximumNodeCount = maxNodes
    settings.maximumSweepRows = maxSweepRows

    let backend = OpenBLASBackend(threadCount: engine.threads)
    let transformer = Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint))
    let relevance = RelevancePropagation(transformer: transformer, backend: backend)
    if whyEdge.count >= 2, let source = NodeReference(whyEdge[0]), let target = NodeReference(whyEdge[1]) {
      let paths = try relevance.paths(from: source, to: target, of: ids, settings: settings)
      let report = EdgePathsReport(paths, metric: settings.metric, rule: settings.rule)
      return try OutputFile(output).write(format == .full ? report.json() : Array(report.text().utf8))
    }
    let kind = template.kind
    let reference = try reference(for: checkpoint, template: kind)
    let progress = GraphProgress()
    defer { progress.finish() }
    let graph = try relevance.graph(
      of: ids, settings: settings, rules: oneRule ? .chosen : .both, means: reference?.means
    ) {
      progress.advance($0.stage.rawValue, of: $0.stepCount)
    }
    progress.finish()
    let calibration = calibration(of: checkpoint, metric: graph.metric.kind, template: kind)
    let labels = GraphLabels(
      modelName: checkpoint.name, layerCount: checkpoint.configuration.layerCount,
      prompt: tokenizer?.decode(ids) ?? "", settings: settings,
      calibration: calibration.found, missingCalibration: calibration.missing, reference: reference?.summary,
      tokenText: { tokenizer?.displayText(of: $0) })
    try OutputFile(output).write(GraphExport(graph, labels: labels).bytes(format))
  }

  /// The means that nodes are set to, if that is asked for.
  private func reference(for checkpoint: Checkpoint, template: String) throws -> ActivationReference? {
    guard scores.verifyWith?.contains(.mean) == true else { return nil }
    switch CalibrationStore().reference(fingerprint: checkpoint.fingerprint, template: template) {
    case .stored(let reference): return reference
    case .missing(let reason), .unusable(let reason): throw InputError(path: "--verify-with mean", problem: reason)
    }
  }

  /// The calibration of these graphs, or why there is none. A damaged file costs the trust, not the graph.
  private func calibration(
    of checkpoint: Checkpoint, metric: Metric.Kind, template: String
  ) -> (found: ModelCalibration?, missing: String?) {
    switch CalibrationStore().calibration(fingerprint: checkpoint.fingerprint, metric: metric, template: template) {
    case .stored(let calibration): return (calibration, nil)
    case .missing(let reason): return (nil, reason)
    case .unusable(let reason):
      StandardError.warn(reason)
      return (nil, "uncalibrated: the stored calibration cannot be used; autointerp calibrate writes it anew")
    }
  }

  private func promptTokens(_ text: String?, _ tokenizer: Tokenizer?) throws -> [Int32] {
    if let text, let tokenizer {
      return try template.tokens(for: text, answerPrefix: answerPrefix, tokenizer: tokenizer)
    }
    return try PromptTokens.parse(tokens ?? "")
  }
}

extension GraphExport.Format: ExpressibleByArgument {}
