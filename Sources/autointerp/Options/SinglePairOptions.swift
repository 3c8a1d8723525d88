// autointerp
// `SinglePairOptions` holds the flags that make a pair of one prompt and two answers.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Causality
internal import Checkpoints
internal import Inference

/// One prompt on the command line, with its answer and another one.
struct SinglePairOptions: ParsableArguments {
  @Option(help: "One prompt, instead of pairs.")
  var prompt: String?

  @Option(help: ArgumentHelp("The same prompt with another answer; resample takes its values.", valueName: "text"))
  var corrupt: String?

  @Option(help: ArgumentHelp("The prompt's answer (default: its top token).", valueName: "token"))
  var answer: String?

  @Option(
    help: ArgumentHelp("The other answer (default: the top token of --corrupt, or the second).", valueName: "token"))
  var other: String?

  func validate() throws {
    if prompt == nil, corrupt != nil || answer != nil || other != nil {
      throw ValidationError("--corrupt, --answer and --other go with --prompt.")
    }
  }

  /// The pair; nil without a prompt. The model is run for answers that are not given.
  ///
  /// Without a corrupt prompt, the prompt itself stands in for it.
  /// - Throws: `CheckpointError` for an unknown token; `InferenceError`; `InputError` if both answers are the same.
  func pair(_ tokenizer: Tokenizer, runner: InterventionRunner<OpenBLASBackend>) throws -> PromptPair? {
    guard let prompt else { return nil }
    let template = try PromptTemplate(name: "raw")
    func top(_ tokens: [Int32]) throws -> [Int32] {
      OutputDistribution(try runner.transformer.forward(tokens, on: runner.backend).logits).top(2).map(\.token)
    }
    let tokens = try template.tokens(for: prompt, tokenizer: tokenizer)
    let corruptTokens = try corrupt.map { try template.tokens(for: $0, tokenizer: tokenizer) }
    let best = try top(tokens)
    let answer = try answer.map { try tokenizer.token(named: $0) } ?? best[0]
    let usual = try corruptTokens.map { try top($0)[0] } ?? (best[0] == answer ? best[1] : best[0])
    let other = try other.map { try tokenizer.token(named: $0) } ?? usual
    guard answer != other else {
      let text = tokenizer.displayText(of: answer)
      throw InputError(path: "--prompt", problem: "both answers are \"\(text)\"; name another with --answer or --other")
    }
    return PromptPair(
      text: prompt, tokens: tokens, corruptTokens: corruptTokens ?? tokens, answer: answer, other: other)
  }
}
