// autointerp
// `NeuronPage.scoreLines` writes a neuron's scores, the trust in them, and what its removals did to the metric.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

extension NeuronPage {
  /// The score under the run's rule, the trust in it, and the verified effect.
  static func scoreLines(
    _ statistics: NeuronStatistics, rule: AttributionRule, calibration: TrustCalibration
  ) -> [String] {
    let occurrences = Double(max(1, statistics.occurrences))
    func mean(_ sum: Double) -> String {
      ReadableNumber.fixed(sum / occurrences, decimals: 3, signed: true)
    }
    func absolute(_ sum: Double) -> String { ReadableNumber.fixed(sum / occurrences, decimals: 3) }
    var lines = ["Scores where it was selected (what the neuron adds to the metric, as predicted)"]
    for shown in [rule, rule.other] {
      guard shown == .relp || statistics.absoluteGradientScoreSum > 0 else { continue }
      lines.append(
        "  \(shown.rawValue): mean \(mean(statistics.scoreSum(shown))), mean |score| "
          + "\(absolute(statistics.absoluteScoreSum(shown)))\(shown == rule ? "; this rule ranks" : "")")
    }
    lines.append(measured(statistics))
    let trust = NeuronTrust(statistics, calibration: calibration)
    let counts = NodeTrust.allCases.filter { trust.count($0) > 0 }.map { "\(trust.count($0)) \($0.rawValue)" }
    lines += RunKnowledge.wrapped(
      "  trust: \(trust.overall.rawValue) (positions: \(counts.joined(separator: ", "))); \(basis(calibration))")
    return lines
  }

  private static func measured(_ statistics: NeuronStatistics) -> String {
    guard let contribution = statistics.meanContribution else { return "  verified: at no position" }
    let count = statistics.verifiedCount
    return "  verified: removed at \(count) \(count == 1 ? "position" : "positions"), where it contributed "
      + "\(ReadableNumber.fixed(contribution, decimals: 3, signed: true)) on average\n"
      + "    (positions drawn at random and positions chosen for their score)"
  }

  /// What the trust rests on.
  private static func basis(_ calibration: TrustCalibration) -> String {
    let nodes = calibration.cells.values.reduce(0) { $0 + $1.count }
    return nodes == 0
      ? "nothing was verified at random in this run"
      : "by \(ReadableNumber.grouped(nodes)) random nodes of this run"
  }
}
