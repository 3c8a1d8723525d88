// autointerp
// `PairOptions` holds the flags that give minimal pairs to `circuit` and `evaluate`.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Attribution
internal import Causality
internal import Checkpoints
internal import Corpora
internal import Inference
internal import Platform
internal import Settings

/// Pairs from files, and reference prompts for mean ablation.
struct PairOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Minimal pairs (.jsonl), such as those in scripts/corpora/pairs.", valueName: "file"))
  var pairs: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Prompts over which mean values are taken (default: the pairs of the files; in evaluate 100 that it does not measure).",
      valueName: "file"))
  var reference: [String] = []

  @Option(help: "Decides which pairs are drawn, and everything else that is.")
  var seed: Int = 0

  func validate() throws {
    if seed < 0 { throw ValidationError("--seed must not be negative.") }
  }

  /// All pairs of the files, in an order that the seed decides.
  func read(_ tokenizer: Tokenizer) throws -> [PromptPair] {
    var all: [PromptPair] = []
    for (file, path) in pairs.enumerated() {
      for pair in try PairFile(path: path).pairs {
        all.append(
          PromptPair(
            text: pair.prompt, tokens: try tokens(pair.prompt, tokenizer),
            corruptTokens: try tokens(pair.corrupt, tokenizer), answer: try tokenizer.token(named: pair.answer),
            other: try tokenizer.token(named: pair.other), template: 1000 * file + pair.template))
      }
    }
    var random = SplitMix64(seed: UInt64(seed))
    return random.shuffled(all)
  }

  /// The means of the reference prompts, or of both prompts of some pairs.
  func means(
    _ pairs: [PromptPair], _ tokenizer: Tokenizer, runner: InterventionRunner<OpenBLASBackend>
  ) throws -> ActivationMeans {
    var prompts: [[Int32]] = []
    for path in reference {
      prompts += try PromptFile(path: path, group: .domain).prompts.map { try tokens($0.text, tokenizer) }
    }
    if reference.isEmpty { prompts = pairs.flatMap { [$0.tokens, $0.corruptTokens] } }
    return try ActivationMeans.over(prompts, transformer: runner.transformer, on: runner.backend)
  }

  private func tokens(_ text: String, _ tokenizer: Tokenizer) throws -> [Int32] {
    try PromptTemplate(name: "raw").tokens(for: text, tokenizer: tokenizer)
  }
}

extension CircuitAblation: ExpressibleByArgument {}
