// autointerp
// What an attribution graph explains: a weighted sum of logits at one position.
// SPDX-License-Identifier: Apache-2.0

/// What the user asks to have explained, before a forward pass has been run.
package enum MetricSpecification: Hashable, Sendable {
  /// The sum of the `count` largest logits.
  case topLogits(count: Int)
  /// The sum of the logits of these tokens.
  case tokens([Int32])
  /// `logit(a) - logit(b)`.
  case contrast(Int32, Int32)
}

/// The metric of one graph: `value` is the sum over targets of `weight * logit` at `position`.
package struct Metric: Equatable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case topLogits = "topk"
    case tokens
    case contrast
  }

  /// One traced logit.
  package struct Target: Equatable, Sendable {
    package var token: Int32
    package var logit: Float
    /// Softmax over the whole vocabulary, in `0...1`.
    package var probability: Float
    /// The logit's factor in the metric: 1, or -1 for the second token of a contrast.
    package var weight: Float

    package init(token: Int32, logit: Float, probability: Float, weight: Float) {
      self.token = token
      self.logit = logit
      self.probability = probability
      self.weight = weight
    }
  }

  package var kind: Kind
  /// The token position whose logits are traced.
  package var position: Int32
  package var value: Double
  package var targets: [Target]

  package init(kind: Kind, position: Int32, value: Double, targets: [Target]) {
    self.kind = kind
    self.position = position
    self.value = value
    self.targets = targets
  }
}
