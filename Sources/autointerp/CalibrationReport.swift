// autointerp
// `CalibrationReport` prints how well scores agree with interventions, with a plot.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// Shows a calibration to people.
struct CalibrationReport {
  private let calibration: ModelCalibration
  private let strongest: [[VerifiedSample]]
  private let stored: String?

  /// - Parameters:
  ///   - calibration: what was stored.
  ///   - strongest: of each prompt the strongest nodes beyond position 0.
  ///   - stored: where it is kept; nil if it is not.
  init(
    _ calibration: ModelCalibration, strongest: [[VerifiedSample]], stored: String?
  ) {
    self.calibration = calibration
    self.strongest = strongest
    self.stored = stored
  }

  func text() -> String {
    var lines = ["\(calibration.modelName): \(calibration.summary)", ""]
    lines += tableLines() + [""]
    lines += promptLines() + [""]
    lines += trustLines()
    lines.append("")
    lines +=
      stored.map {
        ["Stored in \($0), and the neurons' means beside it;", "graphs with this metric and template quote it."]
      } ?? ["Not stored."]
    return lines.joined(separator: "\n") + "\n"
  }

  private func tableLines() -> [String] {
    var lines = [
      "Random samples of nodes against removal (95 % intervals, clustered by prompt)",
      "  rule      position  layers    nodes                   r       signs right %         within 25 %",
    ]
    for row in calibration.agreement.rows {
      let name = "  " + row.rule.rawValue.leading(10) + row.position.rawValue.leading(10)
      let figures = [
        text(row.agreement.correlation, times: 1, decimals: 2),
        text(row.agreement.signAgreement, times: 100, decimals: 0),
        text(row.agreement.withinQuarter, times: 100, decimals: 0),
      ].map { " " + $0.trailing(19) }
      let count = "\(row.agreement.nodes)".trailing(7)
      lines.append(name + row.layers.rawValue.leading(8) + count + figures.joined())
    }
    return lines
  }

  private func text(_ estimate: ScoreAgreement.Estimate?, times factor: Double, decimals: Int) -> String {
    guard let estimate else { return "-" }
    func number(_ value: Double) -> String { ReadableNumber.fixed(value * factor, decimals: decimals) }
    guard let low = estimate.low, let high = estimate.high else { return number(estimate.value) }
    return "\(number(estimate.value)) [\(number(low)), \(number(high))]"
  }

  /// Each prompt's correlation over its strongest nodes, as a plot. It shows what a reader of one graph can expect.
  private func promptLines() -> [String] {
    var lines = ["The strongest nodes beyond position 0 of each prompt: prompts by r, and medians"]
    for rule in AttributionRule.allCases {
      let correlations = medians(rule, strongest, "", to: &lines)
      _ = medians(rule, strongest.map { $0.filter { !$0.isSink } }, " without sinks", to: &lines)
      if correlations.isEmpty { continue }
      for low in stride(from: -0.25, to: 1, by: 0.125) {
        let count = correlations.count {
          ($0 >= low || low == -0.25) && ($0 < low + 0.125 || low + 0.125 >= 1)
        }
        let bar = String(repeating: "#", count: (count * 50 + correlations.count - 1) / correlations.count)
        let bound = ReadableNumber.fixed(low, decimals: 3, signed: true).trailing(11)
        lines.append(bound + "\(count)".trailing(6) + "  " + bar)
      }
    }
    return lines
  }

  /// Appends a line with medians over prompts. Returns the prompts' correlations, ascending.
  private func medians(
    _ rule: AttributionRule, _ prompts: [[VerifiedSample]], _ kind: String, to lines: inout [String]
  ) -> [Double] {
    let each = prompts.map { samples in
      ScoreAgreement([samples.map { ($0.score(rule), $0.contribution) }])
    }.filter { $0.nodes >= 5 }
    let correlations = each.compactMap { $0.correlation?.value }.sorted()
    let signs = each.compactMap { $0.signAgreement?.value }.sorted()
    guard !correlations.isEmpty, !signs.isEmpty else { return [] }
    func number(_ value: Double, _ decimals: Int) -> String { ReadableNumber.fixed(value, decimals: decimals) }
    let nodes = each.reduce(0) { $0 + $1.nodes }
    lines.append(
      "  \(rule.rawValue)\(kind): median r \(number(correlations[correlations.count / 2], 2)), median signs right "
        + "\(number(signs[signs.count / 2] * 100, 0)) %, least r \(number(correlations[0], 2)), over "
        + "\(correlations.count) prompts and \(ReadableNumber.grouped(nodes)) nodes")
    return correlations
  }

  private func trustLines() -> [String] {
    var lines = [
      "Trust by what is known for free (share of the stream; whether both rules agree): nodes, within 25 %, lower bound"
    ]
    for rule in AttributionRule.allCases {
      guard let table = calibration.calibrations[rule] else { continue }
      for features in TrustFeatures.all {
        guard let cell = table.cells[features], cell.count > 0 else { continue }
        let bound = TrustFeatures.streamBounds
        let size =
          features.streamClass < bound.count ? "< \(bound[features.streamClass])" : ">= \(bound[bound.count - 1])"
        let place = features.isFirstPosition ? "position 0" : "later"
        let name = "  " + rule.rawValue.leading(10) + place.leading(12) + size.leading(9)
        let right = ReadableNumber.fixed(Double(cell.right) / Double(cell.count) * 100, decimals: 0).trailing(6)
        let lower = ReadableNumber.fixed(cell.lowerBound * 100, decimals: 0).trailing(6)
        let agree = (features.rulesAgree ? "agree" : "differ").leading(8)
        lines.append(
          name + agree + "\(cell.count)".trailing(7) + "\(right) %\(lower) %  \(table.trust(features).rawValue)")
      }
    }
    return lines
  }
}
