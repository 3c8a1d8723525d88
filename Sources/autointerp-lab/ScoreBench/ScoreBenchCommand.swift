// autointerp
// `ScoreBenchCommand` is `autointerp-lab bench-scores`: it measures the price of two scores and of verified nodes.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Attribution
internal import Checkpoints
internal import Corpora
internal import Foundation
internal import Inference
internal import Platform
internal import Settings

/// Times graphs with and without a second score and verified nodes, over prompts of a corpus.
struct ScoreBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-scores",
    abstract: "Measure what two scores and verified nodes cost.",
    discussion: """
      For each prompt: a graph with RelP's scores of the top five logits, one with both scores, one with 25 verified \
      nodes, one with a run's budget of verified nodes and one with every node verified, all of the same number of nodes \
      and in turns; the least time of each is kept. Printed are ratios, their medians and the worst.

      EXAMPLES
        autointerp-lab bench-scores --limit 12
        autointerp-lab bench-scores --template raw --prompts scripts/corpora/baseline.txt
      """)

  @OptionGroup var engine: EngineOptions

  @Option(help: "A prompt file.")
  var prompts: String = "scripts/corpora/medical.yaml"

  @Option(help: "raw, chatml, llama3, or a text with {prompt} and {answer_prefix}.")
  var template: String = "chatml"

  @Option(help: "Prompts, drawn by a seed of 0.")
  var limit: Int = 12

  @Option(help: "Nodes of every graph.")
  var nodes: Int = 200

  @Option(help: "Rounds of each prompt, after one that is not counted.")
  var runs: Int = 3

  func run() async throws {
    let checkpoint = try engine.checkpoint()
    let backend = OpenBLASBackend(threadCount: engine.threads)
    let benchmark = ScoreBenchmark(
      RelevancePropagation(
        transformer: Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint)),
        backend: backend))
    let tokenizer = try Tokenizer.open(engine.model)
    let corpus = Corpus(drawing: try PromptFile(path: prompts, group: .domain).prompts, limit: limit, seed: 0)
    var all: [ScoreBenchmark.Times] = []
    for prompt in corpus.prompts {
      let tokens = try PromptTemplate(name: template)
        .tokens(for: prompt.text, answerPrefix: prompt.answerPrefix, tokenizer: tokenizer)
      all.append(try benchmark.times(of: tokens, nodeCount: nodes, runs: runs))
    }
    guard !all.isEmpty else { throw ValidationError("\(prompts) has no prompts.") }
    let text = "\(checkpoint.name), \(engine.threads) threads, \(all.count) prompts, \(nodes) nodes\n" + Self.table(all)
    try OutputFile(nil).write(Array(text.utf8))
  }

  /// Medians and worst values.
  private static func table(_ all: [ScoreBenchmark.Times]) -> String {
    func line(
      _ name: String, _ format: String, worst: (Double, Double) -> Bool = (>), _ value: (ScoreBenchmark.Times) -> Double
    ) -> String {
      let sorted = all.map(value).sorted(by: worst)
      let label = name.padding(toLength: 62, withPad: " ", startingAt: 0)
      return "  \(label)"
        + String(format: " median \(format)  worst \(format)\n", sorted[sorted.count / 2], sorted[0])
    }
    return line("plain graph, seconds", "%6.3f") { $0.plain }
      + line("both scores and 25 verified nodes, in plain graphs", "%6.2f") { $0.ratio }
      + line("of this the second rule", "%6.2f") { $0.secondRule }
      + line("a run's verification, in graphs", "%6.2f") { $0.runShare }
      + line("nodes that a run verifies in a prompt", "%6.0f", worst: <) { Double($0.runNodes) }
      + line("verified nodes per second", "%6.0f", worst: <) { $0.verifiedPerSecond }
      + line("times faster than a forward pass for each", "%6.1f", worst: <) { $0.speedup }
  }
}
