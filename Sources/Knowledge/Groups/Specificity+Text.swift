// autointerp
// `Specificity.verdict`, `oddsText` and `disagreementText` say in words what a comparison found about a neuron.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation

extension Specificity {
  /// The class in words, with the names of the compared groups, such as `belongs to domain`.
  package func verdict(first: String, second: String) -> String {
    switch self.class {
    case .domain: "belongs to \(first)"
    case .baseline: "belongs to \(second)"
    case .general: "is general: it takes part in both groups alike"
    case .undetermined: "cannot be told to be specific or general"
    }
  }

  /// How the q-value that counts was tested.
  package var testName: String { isStratified ? "within prompts of equal form" : "Fisher's exact test" }

  /// The odds ratio that belongs to the q-value that counts, with its 95 % interval: `odds times 47 (2.20 to 996)`.
  package var oddsText: String {
    guard logOdds.error.isFinite else { return "odds not known: no prompts of both groups have the same form" }
    return "odds times \(logOdds.factorText())"
  }

  /// Both q-values, each with what it compares; nil unless the tests lead to different conclusions.
  package var disagreementText: String? {
    guard testsDisagree, let crude, let stratified else { return nil }
    return "the tests disagree: q \(ReadableNumber.scientific(crude.qValue)) over all prompts but "
      + "\(ReadableNumber.scientific(stratified.qValue)) within prompts of equal form, so that the form of the prompts "
      + "may explain the difference"
  }
}

extension Estimate {
  /// The odds ratio of which this is the logarithm, and its interval, such as `47 (2.2 to 996)`.
  package func factorText(decimals: Int = 2) -> String {
    func factor(_ logarithm: Double) -> String {
      let factor = exp(logarithm)
      return factor >= 9.95
        ? ReadableNumber.grouped(Int(min(factor, 1e9).rounded())) : ReadableNumber.fixed(factor, decimals: decimals)
    }
    return "\(factor(value)) (\(factor(low)) to \(factor(high)))"
  }
}
