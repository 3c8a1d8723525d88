// autointerp
// `NeuronTrust` says how far the scores of one neuron in a run can be trusted, by the run's own random sample.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// Counts by `TrustFeatures.number`. There are 16 combinations of features.
package typealias FeatureCounts = SIMD16<UInt32>

/// At how many of a neuron's positions its score can be trusted how far.
package struct NeuronTrust: Equatable, Sendable {
  /// By trust; together they are the neuron's occurrences.
  package private(set) var counts: [NodeTrust: UInt64]
  /// The trust in the scores that were not verified, all together: `good` if at least nine in ten of them are within
  /// 25 % of the truth. `exact` if every one was verified.
  package private(set) var overall: NodeTrust

  /// `calibration` is that of the run: of its random sample, under its rule.
  package init(_ statistics: NeuronStatistics, calibration: TrustCalibration) {
    var counts: [NodeTrust: UInt64] = [.exact: min(statistics.verifiedCount, statistics.occurrences)]
    var (known, expected) = (UInt64(0), 0.0)
    for features in TrustFeatures.all {
      let count = UInt64(statistics.unverified[features.number])
      guard count > 0 else { continue }
      counts[calibration.trust(features), default: 0] += count
      known += count
      expected += Double(count) * (calibration.cells[features]?.lowerBound ?? 0)
    }
    let rest = statistics.occurrences - min(statistics.occurrences, statistics.verifiedCount + known)
    counts[.uncalibrated, default: 0] += rest
    self.counts = counts.filter { $0.value > 0 }
    if known + rest == 0 {
      overall = .exact
    } else if known == 0 || calibration.cells.isEmpty {
      overall = .uncalibrated
    } else {
      overall = TrustCalibration.trust(ofShare: expected / Double(known))
    }
  }

  package func count(_ trust: NodeTrust) -> UInt64 { counts[trust] ?? 0 }
}

extension EdgeAggregate {
  /// How far scores of this run can be trusted, from the random samples of its prompts. It does not depend on the order
  /// of merging, because it consists of counts.
  package func trustCalibration(_ rule: AttributionRule) -> TrustCalibration {
    TrustCalibration(prompts.values.lazy.flatMap(\.samples), rule: rule)
  }
}

extension TrustCalibration {
  /// Writes the cells with nodes, and what they promise.
  func write(to json: inout JSONByteWriter) {
    json.beginArray(lines: true)
    for features in TrustFeatures.all {
      guard let cell = cells[features], cell.count > 0 else { continue }
      json.beginObject()
      features.write(to: &json)
      json.field("nodes", cell.count)
      json.field("within_25_percent", cell.right)
      json.field("lower_bound", Float(cell.lowerBound))
      json.field("trust", trust(features).rawValue)
      json.end()
    }
    json.end()
  }
}

extension TrustFeatures {
  /// Writes the features as members of the open object.
  func write(to json: inout JSONByteWriter) {
    json.field("first_position", isFirstPosition)
    json.field("stream_class", streamClass)
    json.field("rules_agree", rulesAgree)
  }
}
