// autointerp
// `HypothesisFormation` makes the hypotheses that a run and the weights suggest about a neuron.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// A token that the weights of a neuron promote when it has its usual sign.
package struct PromotedToken: Hashable, Sendable {
  package var token: Int32
  package var text: String
  /// Of the logit among those of all tokens.
  package var zScore: Double

  package init(token: Int32, text: String, zScore: Double) {
    self.token = token
    self.text = text
    self.zScore = zScore
  }
}

/// Makes hypotheses by fixed rules, without a look at any unseen prompt.
package struct HypothesisFormation {
  package let rules: InvestigationRules

  package init(_ rules: InvestigationRules) { self.rules = rules }

  /// Every hypothesis for which there are enough data.
  ///
  /// - Parameters:
  ///   - observed: what the run says.
  ///   - promoted: tokens above the noise of the output projection, the largest |z| first.
  /// - Returns: at least one, in the order of the kinds.
  package func hypotheses(_ observed: ObservedNeuron, promoted: [PromotedToken]) -> [Hypothesis] {
    var result: [Hypothesis] = []
    if let detects = detects(observed) { result.append(detects) }
    if let preference = observed.preference {
      result.append(
        Hypothesis(.prefers(group: preference.group, over: preference.other), basis: preference.reason))
    }
    let tokens = Array(promoted.prefix(rules.promotedCount))
    if let first = tokens.first {
      result.append(
        Hypothesis(
          .promotes(tokens.map(\.token)), tokenTexts: tokens.map(\.text),
          basis:
            "its weights write to \(tokens.count) \(tokens.count == 1 ? "token" : "tokens") above the noise, the first with "
            + "z \(ReadableNumber.fixed(first.zScore, decimals: 1))"))
    }
    let direction = observed.meanScore < 0 ? -1 : 1
    result.append(
      Hypothesis(
        .matters, direction: direction,
        basis:
          "its mean score was \(ReadableNumber.fixed(observed.meanScore, decimals: 3, signed: true)), of a mean |score| of "
          + ReadableNumber.fixed(observed.meanAbsoluteScore, decimals: 3)))
    for edge in usable(observed.drivers, observed) {
      result.append(Hypothesis(.isDrivenBy(edge.neuron), direction: edge.direction, basis: basis(edge, observed)))
    }
    for edge in usable(observed.targets, observed) {
      result.append(Hypothesis(.drives(edge.neuron), direction: edge.direction, basis: basis(edge, observed)))
    }
    return result
  }

  private func detects(_ observed: ObservedNeuron) -> Hypothesis? {
    let tokens = observed.tokens.filter { $0.places >= rules.fewestTokenPlaces }.prefix(rules.tokenCount)
    let places = tokens.reduce(0) { $0 + $1.places }
    guard !tokens.isEmpty, Double(places) >= rules.smallestTokenShare * Double(observed.placeCount) else { return nil }
    return Hypothesis(
      .detects(tokens.map(\.token)), tokenTexts: tokens.map(\.text),
      basis: "\(places) of the \(observed.placeCount) places where it was selected are at these tokens")
  }

  private func usable(_ edges: [ObservedNeuron.Edge], _ observed: ObservedNeuron) -> ArraySlice<ObservedNeuron.Edge> {
    edges.filter {
      Double($0.prompts) >= rules.smallestEdgeShare * Double(observed.promptCount) && $0.prompts > 1
        && $0.signShare >= rules.smallestSignShare && $0.meanShare != 0
    }.prefix(rules.edgeCount)
  }

  private func basis(_ edge: ObservedNeuron.Edge, _ observed: ObservedNeuron) -> String {
    "the edge was in \(edge.prompts) of its \(observed.promptCount) prompts, with a direct effect of "
      + "\(ReadableNumber.fixed(edge.meanShare * 100, decimals: 1, signed: true)) % of the target's activation"
  }
}

extension ObservedNeuron.Edge {
  var direction: Int { meanShare < 0 ? -1 : 1 }
}
