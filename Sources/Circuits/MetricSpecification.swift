// autointerp
// `MetricSpecification` says what an attribution graph explains.
// SPDX-License-Identifier: Apache-2.0

/// What the user wants explained, before a forward pass has run.
package enum MetricSpecification: Hashable, Sendable {
  /// The sum of the `count` largest logits.
  case topLogits(count: Int)
  /// The sum of the logits of these tokens.
  case tokens([Int32])
  /// `logit(a) - logit(b)`: the log odds of the two tokens.
  case contrast(Int32, Int32)
  /// The log of the tokens' summed probability. Without tokens, that of the most probable one.
  case logProbability([Int32])
  /// A dot product with given numbers.
  case direction(Direction)

  package var kind: Metric.Kind {
    switch self {
    case .topLogits: .topLogits
    case .tokens: .tokens
    case .contrast: .contrast
    case .logProbability: .logProbability
    case .direction: .direction
    }
  }

  /// True if the metric is a part of the logits that softmax does not shift, so that `|metric|` is a scale for
  /// thresholds.
  package var isSumOfLogits: Bool {
    switch self {
    case .topLogits, .tokens, .contrast: true
    case .logProbability, .direction: false
    }
  }
}

extension MetricSpecification: SettingText {
  package static let expectedText =
    "logprob, logprob ID ..., topk COUNT, tokens ID ..., contrast ID ID, or direction with its numbers"

  /// For example `logprob`, `logprob 12 7`, `topk 5`, `tokens 12 7`, `contrast 3 4`.
  package var settingText: String {
    func words(_ kind: String, _ tokens: [Int32]) -> String {
      ([kind] + tokens.map { "\($0)" }).joined(separator: " ")
    }
    switch self {
    case .topLogits(let count): return "topk \(count)"
    case .tokens(let tokens): return words("tokens", tokens)
    case .contrast(let first, let second): return words("contrast", [first, second])
    case .logProbability(let tokens): return words("logprob", tokens)
    case .direction(let direction): return "direction \(direction.text)"
    }
  }

  package init?(settingText: String) {
    let words = settingText.split(separator: " ")
    if words.first == "direction" {
      guard let direction = Direction(words: words.dropFirst()) else { return nil }
      self = .direction(direction)
      return
    }
    let numbers = words.dropFirst().compactMap { Int32($0) }.filter { $0 >= 0 }
    guard let kind = words.first, numbers.count == words.count - 1 else { return nil }
    switch (kind, numbers.count) {
    case ("topk", 1) where numbers[0] >= 1: self = .topLogits(count: Int(numbers[0]))
    case ("tokens", 1...): self = .tokens(numbers)
    case ("contrast", 2): self = .contrast(numbers[0], numbers[1])
    case ("logprob", _): self = .logProbability(numbers)
    default: return nil
    }
  }
}
