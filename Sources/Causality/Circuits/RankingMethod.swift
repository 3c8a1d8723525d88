// autointerp
// `RankingMethod` says by what neurons are ranked before a circuit is cut out of the model.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform

/// By what neurons are ranked.
package enum RankingMethod: Hashable, Sendable {
  /// |RelP|, the score whose edges add up exactly.
  case relp
  /// |true derivative times the distance to the reference value|.
  case gradient
  /// |activation|.
  case activation
  /// At random: what any method has to beat.
  case random(seed: UInt64)

  package var name: String {
    switch self {
    case .relp: "relp"
    case .gradient: "gradient"
    case .activation: "activation"
    case .random: "random"
    }
  }

  /// The method for one of many pairs. Each pair draws its own random ranking, so that an interval over pairs also tells how
  /// much draws differ.
  func forPair(_ number: Int) -> RankingMethod {
    if case .random(let seed) = self { .random(seed: seed &+ UInt64(number) << 20) } else { self }
  }

  var rule: AttributionRule? {
    switch self {
    case .relp: .relp
    case .gradient: .gradient
    case .activation, .random: nil
    }
  }

  func draw(_ seed: UInt64, layer: Int, place: Int) -> Float {
    var random = SplitMix64(seed: seed ^ UInt64(layer) << 40 ^ UInt64(place))
    return Float(random.next() >> 40) * 0x1p-24
  }
}
