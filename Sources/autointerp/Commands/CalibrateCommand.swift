// autointerp
// `CalibrateCommand` is `autointerp calibrate`: it measures how well scores agree with interventions, and stores the result.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Attribution
internal import Checkpoints
internal import Circuits
internal import Console
internal import Corpora
internal import Foundation
internal import Inference
internal import Platform
internal import Settings

/// Measures how well scores and interventions agree on a model, prints the result, and stores it for `graph`.
struct CalibrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Measure how well scores agree with interventions on a model.",
    discussion: """
      Scores the nodes of some prompts, removes a random sample of them and the strongest, one at a time, and compares. \
      The agreement, with intervals clustered by prompt, is printed and stored for the model, the kind of metric and the \
      template, and such graphs say from then on which scores can be believed. The mean activation of every neuron is \
      stored too, for `graph --verify-with mean`. Prompts are drawn by the seed; nodes by the prompt's tokens: the same \
      command measures the same.

      EXAMPLES
        autointerp calibrate --prompts scripts/corpora/medical.yaml --template chatml --limit 40
      """)

  @OptionGroup var engine: EngineOptions
  @OptionGroup var metric: MetricOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Prompts: .yaml, .json, .jsonl or .txt.", valueName: "file"))
  var prompts: [String] = ["scripts/corpora/baseline.txt"]

  @OptionGroup var template: TemplateOptions

  @Option(help: "Prompts to measure, drawn by the seed; 0 for all.")
  var limit: Int = 40

  @Option(help: "Decides which prompts are drawn.")
  var seed: Int = 0

  @Option(help: "Leave out so many prompts that the seed draws first, such as those of another calibration.")
  var skip: Int = 0

  @Option(help: "Nodes scored in each prompt, the strongest by true gradient.")
  var nodes: Int = 200

  @Option(help: "Strongest nodes beyond position 0 to remove in each prompt.")
  var strongest: Int = 60

  @Option(help: "Budget of the random sample of a prompt, in layers times rows.")
  var budget: Int = 4000

  @Option(name: .shortAndLong, help: "Also write the calibration to this file.")
  var output: String?

  @Flag(help: "Measure only; do not store.")
  var dryRun = false

  func validate() throws {
    try metric.requireNoText()
    for (name, value) in [("--limit", limit), ("--seed", seed), ("--skip", skip), ("--strongest", strongest)]
    where value < 0 {
      throw ValidationError("\(name) must not be negative.")
    }
    guard nodes >= 1, budget >= 1 else { throw ValidationError("--nodes and --budget must be at least 1.") }
  }

  func run() async throws {
    try OutputFile(output).check()
    let checkpoint = try engine.checkpoint()
    let tokenizer = try Tokenizer.open(engine.model)
    var candidates: [CorpusPrompt] = []
    for path in prompts { candidates += try PromptFile(path: path, group: .domain).prompts }
    let corpus = Corpus(drawing: candidates, limit: limit == 0 ? nil : limit + skip, seed: UInt64(seed))
    let chosen = corpus.prompts.dropFirst(skip)
    guard !chosen.isEmpty else { throw RunError.noPrompts }

    var settings = AttributionSettings()
    settings.metric = try metric.specification { tokenizer }
    settings.position = metric.position
    settings.selection = .top(nodes)
    let backend = OpenBLASBackend(threadCount: engine.threads)
    let relevance = RelevancePropagation(
      transformer: Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint)), backend: backend
    )
    var measured: [PromptAgreement] = []
    var sums = ActivationSums(of: relevance.transformer)
    let common = settings.metric
    for (number, prompt) in chosen.enumerated() {
      let tokens = try template.tokens(
        for: prompt.text, answerPrefix: prompt.answerPrefix, tokenizer: tokenizer)
      settings.metric = try prompt.target?.specification(in: common) { try metric.token($0) { tokenizer } } ?? common
      measured.append(
        try relevance.agreement(
          of: tokens, settings: settings, strongestCount: strongest, rowLayers: budget, sums: &sums))
      if (number + 1) % 10 == 0 { StandardError.write("\(number + 1) of \(chosen.count) prompts measured\n") }
    }
    if let other = measured.first(where: { $0.metric != measured[0].metric }) {
      throw ValidationError(
        "The prompts ask for different kinds of metrics (\(measured[0].metric.rawValue) and \(other.metric.rawValue)); "
          + "calibrate each kind with prompts of its own.")
    }
    let samples = measured.map(\.random)
    let kind = template.kind
    let corpusName = prompts.map { URL(filePath: $0).lastPathComponent }.joined(separator: ", ")
    let calibration = ModelCalibration(
      modelName: checkpoint.name, modelFingerprint: checkpoint.fingerprint, metric: measured[0].metric,
      template: kind, corpusName: corpusName, corpusDigest: corpus.digest, promptCount: measured.count,
      calibrations: Dictionary(
        uniqueKeysWithValues: AttributionRule.allCases.map {
          ($0, TrustCalibration(samples.joined(), rule: $0))
        }), agreement: AgreementTable(samples, layerCount: checkpoint.configuration.layerCount))
    if let output { try OutputFile(output).write(calibration.json()) }
    var stored: String?
    if !dryRun {
      stored = try CalibrationStore().write(calibration)
      _ = try CalibrationStore().write(
        ActivationReference(
          modelFingerprint: checkpoint.fingerprint, template: kind, corpusName: corpusName,
          corpusDigest: corpus.digest, means: sums.means))
    }
    let report = CalibrationReport(
      calibration, strongest: measured.map(\.strongest), stored: stored)
    try OutputFile(nil).write(Array(report.text().utf8))
  }
}
