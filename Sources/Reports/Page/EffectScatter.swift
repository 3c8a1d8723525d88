// autointerp
// `EffectScatter` draws what a neuron's scores predicted against what its removal did.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import RunIndex

struct EffectScatter {
  /// Places at which the neuron was removed.
  let removed: [Exemplar]

  private static let (size, margin) = (260.0, 30.0)

  /// How the scores did, in words.
  var words: String {
    let pairs = removed.compactMap { place in place.contribution.map { (score: place.score, contribution: $0) } }
    let count = pairs.count
    let right = pairs.count { $0.score * $0.contribution > 0 }
    let near = pairs.count {
      abs($0.score - $0.contribution) <= Double(ScoreAgreement.closeness) * abs($0.contribution)
    }
    func mean(_ values: [Double]) -> String {
      ReadableNumber.fixed(values.reduce(0, +) / Double(max(1, count)), decimals: 3, signed: true)
    }
    return """
      Removed alone at \(count) \(count == 1 ? "place" : "places"): it contributed \(mean(pairs.map(\.contribution))) to the \
      metric on average, where its scores predicted \(mean(pairs.map(\.score))). The sign was right at \(right), the size within \
      25 % at \(near).
      """
  }

  var markup: Markup {
    let pairs = removed.compactMap { place in place.contribution.map { (place, $0) } }
    let bound = max(1e-9, pairs.flatMap { [abs($0.0.score), abs($0.1)] }.max() ?? 1) * 1.08
    func x(_ value: Double) -> String { Self.fixed(Self.margin + (value / bound + 1) / 2 * Self.size) }
    func y(_ value: Double) -> String { Self.fixed(10 + (1 - value / bound) / 2 * Self.size) }
    let points = pairs.map { place, contribution -> Markup in
      let kind: Markup = place.isSampled == true ? "random" : "strongest"
      let title =
        "prompt \(place.prompt): score \(ReadableNumber.fixed(place.score, decimals: 3, signed: true)), contributed "
        + ReadableNumber.fixed(contribution, decimals: 3, signed: true)
      return """
        <circle class="\(kind)" cx="\(x(place.score))" cy="\(y(contribution))" r="4"><title>\(title)</title></circle>
        """
    }
    let end = ReadableNumber.fixed(bound, decimals: 2, signed: true)
    let start = ReadableNumber.fixed(-bound, decimals: 2, signed: true)
    return """
      <svg viewBox="0 0 300 306" role="img" aria-label="\(words)">
      <rect class="axis" x="30" y="10" width="260" height="260" fill="none"/>
      <path class="axis" d="M\(x(0)) 10V270M30 \(y(0))H290"/>
      <path class="equal" d="M\(x(-bound)) \(y(-bound))L\(x(bound)) \(y(bound))"/>
      \(points)
      <text class="note" x="30" y="285">\(start)</text><text class="note" x="290" y="285" text-anchor="end">\(end)</text>
      <text class="note" x="160" y="301" text-anchor="middle">predicted by the score</text>
      <text class="note" x="20" y="140" text-anchor="middle" transform="rotate(-90 20 140)">measured by removal</text>
      </svg>
      """
  }

  private static func fixed(_ value: Double) -> String { ReadableNumber.fixed(value, decimals: 1) }
}
