// autointerp
// The flags that say what a graph explains.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Circuits

/// What to explain; a token is written as its text or as `#id`.
struct MetricOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Trace the sum of the K largest logits (default 5).", valueName: "k"))
  var topLogits: Int?

  @Option(
    name: .customLong("target-token"),
    help: ArgumentHelp("Trace the logit of this token; may be given several times.", valueName: "token"))
  var targetTokens: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Trace logit(A) - logit(B).", valueName: "a> <b"))
  var contrast: [String] = []

  @Option(help: "Trace the logits at this position instead of the last; counts from 0.")
  var position: Int?

  func validate() throws {
    if [topLogits != nil, !targetTokens.isEmpty, !contrast.isEmpty].filter({ $0 }).count > 1 {
      throw ValidationError("Give one of --top-logits, --target-token and --contrast.")
    }
    if !contrast.isEmpty, contrast.count != 2 { throw ValidationError("--contrast takes two tokens.") }
  }

  /// Resolves tokens; `tokenizer` is asked only when one is written as text.
  func specification(tokenizer: () throws -> Tokenizer) throws -> MetricSpecification {
    func id(_ name: String) throws -> Int32 {
      if name.hasPrefix("#"), let id = Int32(name.dropFirst()) { return id }
      return try tokenizer().token(named: name)
    }
    if contrast.count == 2 { return .contrast(try id(contrast[0]), try id(contrast[1])) }
    if !targetTokens.isEmpty { return .tokens(try targetTokens.map(id)) }
    return .topLogits(count: topLogits ?? 5)
  }
}
