// autointerp
// `NodeTrust` lists the degrees of trust in a node's score; `TrustFeatures` holds what the trust depends on.
// SPDX-License-Identifier: Apache-2.0

/// How far a node's score can be trusted as a prediction of what removing the node does.
package enum NodeTrust: String, Sendable, CaseIterable {
  /// The node was verified: the measured change is given with the score.
  case exact
  /// Of similar nodes, at least nine in ten have a score within 25 % of the truth.
  case good
  /// Of similar nodes, at least half have such a score.
  case rough
  case unreliable
  /// The agreement of scores with interventions was never measured on this model.
  case uncalibrated
}

/// Features of a node that cost nothing to know and tell how far its score can be trusted.
package struct TrustFeatures: Hashable, Sendable {
  /// Position 0, which has massive activations: a sink.
  package var isFirstPosition: Bool
  /// Into which class of `streamBounds` the node's share of the residual stream falls.
  package var streamClass: Int
  /// True if both rules agree: same sign, and at most a factor of 2 between them.
  package var rulesAgree: Bool

  /// The upper bounds of the classes of `NeuronColumns.streamShare`. One more class lies above the last.
  package static let streamBounds: [Float] = [0.03, 0.1, 0.3]

  package init(isFirstPosition: Bool, streamShare: Float, relp: Float, gradientScore: Float) {
    self.isFirstPosition = isFirstPosition
    streamClass = Self.streamBounds.firstIndex { streamShare < $0 } ?? Self.streamBounds.count
    let (a, b) = (abs(relp), abs(gradientScore))
    rulesAgree = relp * gradientScore > 0 && a <= 2 * b && b <= 2 * a
  }

  private init(isFirstPosition: Bool, streamClass: Int, rulesAgree: Bool) {
    self.isFirstPosition = isFirstPosition
    self.streamClass = streamClass
    self.rulesAgree = rulesAgree
  }

  /// The place of this combination in `all`.
  package var number: Int {
    (isFirstPosition ? 2 * (Self.streamBounds.count + 1) : 0) + 2 * streamClass + (rulesAgree ? 0 : 1)
  }

  /// Every combination, in a fixed order.
  package static let all: [TrustFeatures] = [false, true].flatMap { isFirst in
    (0...streamBounds.count).flatMap { streamClass in
      [true, false].map { TrustFeatures(isFirstPosition: isFirst, streamClass: streamClass, rulesAgree: $0) }
    }
  }
}

extension VerifiedSample {
  package var features: TrustFeatures {
    TrustFeatures(
      isFirstPosition: isFirstPosition, streamShare: streamShare, relp: relp, gradientScore: gradientScore)
  }
}

extension AttributionGraph {
  /// The features of neuron `i`; nil if only one rule was computed.
  package func features(ofNeuron i: Int) -> TrustFeatures? {
    guard hasBothRules else { return nil }
    return TrustFeatures(
      isFirstPosition: neurons.position[i] == 0, streamShare: neurons.streamShare[i], relp: neurons.relp[i],
      gradientScore: neurons.gradientScore[i])
  }

  /// The neurons whose removal was not measured, with their features. Empty if only one rule was computed.
  package var unverifiedFeatures: [(neuron: Int, features: TrustFeatures)] {
    let measured = verified.zero.isEmpty ? [] : Set(verified.neuron)
    return (0..<neurons.count).compactMap { i in
      measured.contains(Int32(i)) ? nil : features(ofNeuron: i).map { (i, $0) }
    }
  }
}
