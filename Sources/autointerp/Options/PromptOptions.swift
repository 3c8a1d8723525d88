// autointerp
// `PromptOptions` holds the flags that give prompts to commands that intervene.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Causality
internal import Checkpoints
internal import Circuits
internal import Corpora
internal import Platform
internal import Settings

/// Prompts from a file, as token ids, or as one text.
struct PromptOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Prompts: .yaml, .json, .jsonl or .txt, whose own target tokens count.", valueName: "file"))
  var prompts: [String] = []

  @Option(help: "Token ids separated by commas, instead of a text; needs no tokenizer.")
  var tokens: String?

  @OptionGroup var template: TemplateOptions

  @Option(help: "What the answer starts with.")
  var answerPrefix: String = ""

  @Option(help: "Use at most so many prompts of the files, drawn by the seed; 0 for all.")
  var limit: Int = 0

  @Option(help: "Decides everything that is drawn: prompts, random neurons, intervals, sampled tokens.")
  var seed: Int = 0

  func validate() throws {
    if limit < 0 { throw ValidationError("--limit must not be negative.") }
    if seed < 0 { throw ValidationError("--seed must not be negative.") }
  }

  /// The prompts of some files, in their order, or those that the seed draws.
  func corpus(_ paths: [String], limit: Int) throws -> [CorpusPrompt] {
    var all: [CorpusPrompt] = []
    for path in paths { all += try PromptFile(path: path, group: .domain).prompts }
    guard limit > 0, limit < all.count else { return all }
    return Corpus(drawing: all, limit: limit, seed: UInt64(seed)).prompts
  }

  /// Reads the prompts that were given in one of the three ways.
  ///
  /// `text` is the command's argument, `metric` that of prompts that do not ask about tokens of their own. `tokenizer`
  /// shows token ids as text, if there is one; `open` is called only if one is needed.
  func read(
    text: String?, metric: MetricSpecification, tokenizer: Tokenizer?, open: () throws -> Tokenizer
  ) throws -> [BatteryPrompt] {
    guard [!prompts.isEmpty, tokens != nil, text != nil].filter({ $0 }).count == 1 else {
      throw ValidationError("Give one of a text, --tokens and --prompts.")
    }
    if let tokens {
      let ids = try PromptTokens.parse(tokens)
      return [BatteryPrompt(text: tokenizer?.decode(ids) ?? tokens, tokens: ids, metric: metric)]
    }
    let tokenizer = try tokenizer ?? open()
    if let text {
      let ids = try template.tokens(for: text, answerPrefix: answerPrefix, tokenizer: tokenizer)
      return [BatteryPrompt(text: text, tokens: ids, metric: metric)]
    }
    return try corpus(prompts, limit: limit).map { prompt in
      let ids = try template.tokens(for: prompt.text, answerPrefix: prompt.answerPrefix, tokenizer: tokenizer)
      let own = try prompt.target?.specification(in: metric) { try tokenizer.token(named: $0) } ?? metric
      return BatteryPrompt(text: prompt.text, tokens: ids, metric: own)
    }
  }
}
