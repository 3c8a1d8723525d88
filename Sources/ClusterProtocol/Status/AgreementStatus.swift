// autointerp
// `AgreementStatus` is how well a run's scores agree with interventions so far, as the status port reports it.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// The agreement of a run's scores with the removal of nodes, over the random samples of the prompts merged so far.
/// Intervals are at 95 %, clustered by prompt.
package struct AgreementStatus: Codable, Equatable, Sendable {
  package struct Estimate: Codable, Equatable, Sendable {
    package var value: Double
    package var low: Double?
    package var high: Double?

    init?(_ estimate: ScoreAgreement.Estimate?) {
      guard let estimate else { return nil }
      (value, low, high) = (estimate.value, estimate.low, estimate.high)
    }
  }

  /// `relp` or `gradient`: the rule of the run's scores.
  package var rule: String
  /// `later`, `ordinary` or `first`: beyond position 0, there without sinks, or at position 0.
  package var position: String
  package var nodes: Int
  package var prompts: Int
  package var correlation: Estimate?
  package var rankCorrelation: Estimate?
  package var signAgreement: Estimate?
  package var withinQuarter: Estimate?
  /// The same in words.
  package var text: String

  package init(_ row: AgreementTable.Row) {
    rule = row.rule.rawValue
    position = row.position.rawValue
    nodes = row.agreement.nodes
    prompts = row.agreement.prompts
    correlation = Estimate(row.agreement.correlation)
    rankCorrelation = Estimate(row.agreement.rankCorrelation)
    signAgreement = Estimate(row.agreement.signAgreement)
    withinQuarter = Estimate(row.agreement.withinQuarter)
    text = row.agreement.quote
  }

  /// Where the nodes are, for people.
  package var place: String { AgreementTable.Position(rawValue: position)?.place ?? position }
}
