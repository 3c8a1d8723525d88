// autointerp
// `TrustCalibration` decides from measured nodes how far the scores of similar nodes can be trusted.
// SPDX-License-Identifier: Apache-2.0

/// For each combination of features: how many nodes were measured, and how many of their scores were within 25 %.
package struct TrustCalibration: Equatable, Sendable {
  package struct Cell: Equatable, Sendable {
    package var count = 0
    package var right = 0

    package init(count: Int = 0, right: Int = 0) {
      self.count = count
      self.right = right
    }

    /// The lower end of Wilson's one-sided interval at 95 %, so that few nodes promise little.
    package var lowerBound: Double {
      guard count > 0 else { return 0 }
      let (n, z) = (Double(count), 1.645)
      let p = Double(right) / n
      let spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
      return max(0, (p + z * z / (2 * n) - spread) / (1 + z * z / n))
    }
  }

  package private(set) var cells: [TrustFeatures: Cell]

  /// `good` and `rough` promise at least these shares of nodes within 25 %.
  package static let goodShare = 0.9
  package static let roughShare = 0.5

  package init(_ samples: some Sequence<VerifiedSample>, rule: AttributionRule) {
    var cells: [TrustFeatures: Cell] = [:]
    for sample in samples {
      let isRight =
        abs(sample.score(rule) - sample.contribution) <= ScoreAgreement.closeness * abs(sample.contribution)
      cells[sample.features, default: Cell()].count += 1
      if isRight { cells[sample.features, default: Cell()].right += 1 }
    }
    self.cells = cells
  }

  package init(cells: [TrustFeatures: Cell]) { self.cells = cells }

  /// The trust in a node that was not verified; never `exact`.
  package func trust(_ features: TrustFeatures) -> NodeTrust {
    guard !cells.isEmpty else { return .uncalibrated }
    return Self.trust(ofShare: cells[features]?.lowerBound ?? 0)
  }

  /// The trust if at least this share of scores is within 25 % of the truth.
  static func trust(ofShare share: Double) -> NodeTrust {
    share >= goodShare ? .good : share >= roughShare ? .rough : .unreliable
  }
}

extension AttributionGraph {
  /// The trust in every neuron.
  package func trust(_ calibration: TrustCalibration?) -> [NodeTrust] {
    // A score predicts the removal of its node, so only a measured removal makes it exact.
    let verified = verified.zero.isEmpty ? [] : Set(verified.neuron)
    return (0..<neurons.count).map { i in
      if verified.contains(Int32(i)) { return .exact }
      guard let calibration, let features = features(ofNeuron: i) else { return .uncalibrated }
      return calibration.trust(features)
    }
  }
}
