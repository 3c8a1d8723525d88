// autointerp
// `ControlPlot` draws the figure of a neuron with its interval above those of random neurons.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Reports

/// A strip: random neurons as open circles, the neuron with its interval above them, the threshold dashed.
struct ControlPlot {
  let finding: Dossier.Finding
  let rules: InvestigationRules

  private static let (left, right) = (16.0, 404.0)

  /// Nil if nothing was measured.
  var markup: Markup? {
    guard let effect = finding.measurement.effect, !finding.measurement.controls.isEmpty else { return nil }
    let threshold = finding.hypothesis.threshold(rules)
    let (low, high) = (effect.low ?? effect.mean, effect.high ?? effect.mean)
    let values = finding.measurement.controls + [effect.mean, low, high, threshold, finding.hypothesis.chance]
    let (least, most) = (values.min() ?? 0, values.max() ?? 1)
    let span = max(1e-12, most - least)
    func x(_ value: Double) -> String {
      ReadableNumber.fixed(Self.left + (value - least) / span * (Self.right - Self.left), decimals: 1)
    }
    let circles = finding.measurement.controls.enumerated().map { place, value -> Markup in
      // In rows, so that equal values are seen.
      let y = 52 + 3 * (place % 5)
      return "<circle class=\"strongest\" cx=\"\(x(value))\" cy=\"\(y)\" r=\"3\"/>"
    }
    return """
      <svg viewBox="0 0 420 104" role="img" aria-label="\(finding.figures)">
      <path class="axis" d="M16 76H404"/>
      <path class="equal" d="M\(x(threshold)) 14V76"/>
      <path class="axis" d="M\(x(finding.hypothesis.chance)) 20V76"/>
      \(circles)
      <path class="up" d="M\(x(low)) 30H\(x(high))"/>
      <circle class="random" cx="\(x(effect.mean))" cy="30" r="5"/>
      <text class="note" x="16" y="94">\(Dossier.Finding.number(least))</text>
      <text class="note" x="404" y="94" text-anchor="end">\(Dossier.Finding.number(most))</text>
      <text class="note" x="210" y="94" text-anchor="middle">\(finding.hypothesis.unit)</text>
      </svg>
      """
  }
}
