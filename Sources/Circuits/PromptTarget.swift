// autointerp
// `PromptTarget` names the tokens that one prompt of a corpus asks about.
// SPDX-License-Identifier: Apache-2.0

/// What one prompt asks about instead of the run's metric. Tokens are written as text or as `#id`. The worker resolves
/// them, because it has the tokenizer.
package enum PromptTarget: Hashable, Sendable {
  /// Given tokens: their log p, or the sum of their logits if the run's metric is one of logits.
  case tokens([String])
  /// `logit(A) - logit(B)`.
  case contrast(String, String)

  private static let separator: Character = "\u{1F}"

  /// The text in messages and files: a kind and the names, separated by the control character U+001F.
  package var text: String {
    switch self {
    case .tokens(let names): (["tokens"] + names).joined(separator: String(Self.separator))
    case .contrast(let a, let b): ["contrast", a, b].joined(separator: String(Self.separator))
    }
  }

  package init?(text: String) {
    let parts = text.split(separator: Self.separator, omittingEmptySubsequences: false).map { String($0) }
    guard parts.dropFirst().allSatisfy({ !$0.isEmpty }) else { return nil }
    switch (parts.first, parts.count) {
    case ("tokens", 2...): self = .tokens(Array(parts.dropFirst()))
    case ("contrast", 3): self = .contrast(parts[1], parts[2])
    default: return nil
    }
  }

  /// The metric of this prompt in a run with the metric `metric`.
  package func specification<Failure: Error>(
    in metric: MetricSpecification, token: (String) throws(Failure) -> Int32
  ) throws(Failure) -> MetricSpecification {
    switch self {
    case .contrast(let a, let b): return .contrast(try token(a), try token(b))
    case .tokens(let names):
      var tokens: [Int32] = []
      for name in names { tokens.append(try token(name)) }
      return metric.isSumOfLogits ? .tokens(tokens) : .logProbability(tokens)
    }
  }
}
