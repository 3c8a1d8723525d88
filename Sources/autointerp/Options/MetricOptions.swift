// autointerp
// `MetricOptions` holds the flags that say what a graph explains.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Circuits
internal import Foundation

/// What to explain. A token is written as its text or as `#id`.
struct MetricOptions: ParsableArguments {
  /// The kinds of metrics, by the names on the command line.
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case logprob, logits, contrast, direction
  }

  @Option(
    help: """
      logprob: log p of the top token, or of the given ones together (default); logits: their sum; contrast: \
      logit(A) - logit(B); direction: a product with given numbers.
      """)
  var metric: Kind?

  @Option(
    help: ArgumentHelp("Trace the sum of the K largest logits (implies logits; there default 5).", valueName: "k"))
  var topLogits: Int?

  @Option(
    name: .customLong("target-token"),
    help: ArgumentHelp("A token of the metric; may be given several times.", valueName: "token"))
  var targetTokens: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Trace logit(A) - logit(B) (implies contrast).", valueName: "a> <b"))
  var contrast: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      JSON with space (vocabulary or residual), values, and where asked for layer and position (implies direction).
      """, valueName: "file"))
  var direction: String?

  @Option(help: "Trace the logits at this position instead of the last; counts from 0.")
  var position: Int?

  func validate() throws {
    var implied: [Kind] = []
    if topLogits != nil { implied.append(.logits) }
    if !contrast.isEmpty { implied.append(.contrast) }
    if direction != nil { implied.append(.direction) }
    let wanted = metric ?? implied.first ?? .logprob
    if implied.contains(where: { $0 != wanted }) {
      throw ValidationError("Give one of --top-logits, --contrast and --direction, with the --metric that it implies.")
    }
    if !targetTokens.isEmpty {
      if topLogits != nil { throw ValidationError("Give one of --top-logits and --target-token.") }
      if wanted == .contrast || wanted == .direction {
        throw ValidationError("--target-token goes with --metric logprob or logits.")
      }
    }
    if wanted == .contrast, contrast.count != 2, contrast.count != 3 {
      throw ValidationError("--contrast takes two tokens.")
    }
    if wanted == .direction, direction == nil { throw ValidationError("--metric direction needs --direction FILE.") }
    if let topLogits, topLogits < 1 { throw ValidationError("--top-logits must be at least 1.") }
  }

  /// The prompt that was written behind the two tokens of `--contrast`, which takes all values up to the next flag.
  var textAfterContrast: String? { contrast.count == 3 ? contrast[2] : nil }

  /// Refuses a third value of `--contrast`, for a command without a prompt.
  func requireNoText() throws {
    if textAfterContrast != nil { throw ValidationError("--contrast takes two tokens.") }
  }

  /// True if any flag chooses the metric.
  var isGiven: Bool {
    metric != nil || topLogits != nil || !targetTokens.isEmpty || !contrast.isEmpty || direction != nil
  }

  /// Resolves tokens. `tokenizer` is called only if a token is written as text.
  func specification(tokenizer: () throws -> Tokenizer) throws -> MetricSpecification {
    func id(_ name: String) throws -> Int32 { try token(name, tokenizer: tokenizer) }
    if let direction {
      return .direction(try Direction(json: Array(Data(contentsOf: URL(filePath: direction)))))
    }
    if contrast.count >= 2 { return .contrast(try id(contrast[0]), try id(contrast[1])) }
    let tokens = try targetTokens.map(id)
    if topLogits != nil || metric == .logits {
      return tokens.isEmpty ? .topLogits(count: topLogits ?? 5) : .tokens(tokens)
    }
    return .logProbability(tokens)
  }

  /// Resolves a token that is written as its text or as `#id`.
  func token(_ name: String, tokenizer: () throws -> Tokenizer) throws -> Int32 {
    if name.hasPrefix("#"), let id = Int32(name.dropFirst()) { return id }
    return try tokenizer().token(named: name)
  }
}
