// autointerp
// `Metric` is the quantity that a graph explains: a weighted sum of logits at one position.
// SPDX-License-Identifier: Apache-2.0

/// The metric of one graph.
///
/// At the prompt's own logits, the metric's linear part is the sum of all logits times the metric's derivatives with
/// respect to them. For `topLogits`, `tokens` and `contrast` that is the metric itself. For log p it is log p plus the
/// entropy.
package struct Metric: Equatable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case topLogits = "topk"
    case tokens
    case contrast
    case logProbability = "logprob"
    case direction
  }

  /// One traced logit.
  package struct Target: Equatable, Sendable {
    package var token: Int32
    package var logit: Float
    /// Softmax over the whole vocabulary, in `0...1`.
    package var probability: Float
    /// The metric's derivative with respect to the logit: 1 in a sum of logits, and -1 for the second token of a
    /// contrast.
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
  /// The linear part. Direct and total effects in RelP's model sum to it.
  package var linear: Double
  /// The traced logits: those of the metric, or the largest others.
  package var targets: [Target]

  /// `linear` is the value unless given.
  package init(kind: Kind, position: Int32, value: Double, linear: Double? = nil, targets: [Target]) {
    self.kind = kind
    self.position = position
    self.value = value
    self.linear = linear ?? value
    self.targets = targets
  }

  /// True if the metric depends on more than the traced logits. The graph then has a node for the metric itself.
  package var hasNode: Bool { kind == .logProbability || kind == .direction }
}
