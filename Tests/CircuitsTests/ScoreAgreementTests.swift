// autointerp
// `ScoreAgreementTests` tests how the agreement of scores with interventions is computed, and that merging does not change it.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct ScoreAgreementTests {
  @Test func statisticsAreAsDefined() throws {
    // Scores 1, 2, 3, 4 against 1, 2, -3, 3.5: three signs of four, and three within 25 %.
    let agreement = ScoreAgreement([[(1, 1), (2, 2)], [(3, -3), (4, 3.5)]])
    #expect(agreement.nodes == 4 && agreement.prompts == 2)
    #expect(agreement.signAgreement?.value == 0.75)
    #expect(agreement.withinQuarter?.value == 0.75)
    // By hand: sums 10 and 3.5, squares 30 and 26.25, products 10.
    let expected = (10.0 - 10 * 3.5 / 4) / ((30 - 25.0) * (26.25 - 3.5 * 3.5 / 4)).squareRoot()
    #expect(abs(try #require(agreement.correlation).value - expected) < 1e-12)
    // Ranks 0, 1, 2, 3 against 1, 2, 0, 3.
    #expect(abs(try #require(agreement.rankCorrelation).value - 0.4) < 1e-12)
  }

  /// A score of 0 says that removing the node does nothing; any other score says that it does something.
  @Test func zeroIsASignOfItsOwn() throws {
    let cases: [(Float, Float, Double)] = [(0, 0, 1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0), (-1, -2, 1)]
    for (score, contribution, expected) in cases {
      let agreement = ScoreAgreement([[(score, contribution)]])
      #expect(agreement.signAgreement?.value == expected, "\(score) against \(contribution)")
    }
  }

  @Test func intervalsLeaveOutWholePrompts() throws {
    // One prompt is right, one is wrong, whatever their sizes: leaving one out gives all or nothing.
    let agreement = ScoreAgreement([[(1, 1), (2, 2)], [(3, -3), (4, -4)]])
    let share = try #require(agreement.signAgreement)
    #expect(share.value == 0.5)
    // Estimates 0 and 1 about their mean: half of 0.25 + 0.25 is a variance of 0.25.
    #expect(share.low == 0 && share.high == 1)
    let steady = try #require(ScoreAgreement((1...8).map { [(Float($0), Float($0)), (-1, 1)] }).signAgreement)
    #expect(steady.low == 0.5 && steady.high == 0.5)
    #expect(ScoreAgreement([[(1, 1), (2, 2), (3, 3)]]).correlation?.low == nil)
  }

  /// Three prompts, two right: without one of them a half, a half and all, so that the variance is 2 / 3 * 1 / 6.
  @Test func theJackknifesErrorIsThatOfTheMean() throws {
    let share = try #require(ScoreAgreement([[(1, 1)], [(1, 1)], [(1, -1)]]).signAgreement)
    #expect(share.value == 2.0 / 3 && share.high == 1)
    let (low, expected) = (try #require(share.low), (2 - 1.96) / 3)
    #expect(abs(low - expected) < 1e-12)
  }

  @Test func equalValuesShareARankAndNothingToCompareIsNoCorrelation() throws {
    let ties = try #require(ScoreAgreement([[(1, 1), (1, 2), (2, 3), (3, 4)]]).rankCorrelation)
    // Ranks 0.5, 0.5, 2, 3 against 0, 1, 2, 3.
    #expect(abs(ties.value - 4.5 / (4.5 * 5).squareRoot()) < 1e-12)
    #expect(ScoreAgreement([[(1, 1), (1, 2), (1, 3)]]).correlation == nil)
    #expect(ScoreAgreement([]).signAgreement == nil)
  }

  private func delta(_ prompt: Int32) -> EdgeDelta {
    var delta = Fixtures.delta(prompt: prompt)
    let scale = Float(prompt % 5) + 1
    delta.graph.neurons.gradientScore = [scale, -2 / 3 * scale, 0.25]
    delta.graph.neurons.streamShare = [0.1, 0.2, 0.3]
    delta.graph.verified.neuron = [0, 1, 2]
    delta.graph.verified.reason = [2, 3, 1]
    delta.graph.verified.zero = [-scale * 1.1, scale / 3, 7]
    return delta
  }

  /// Nodes that were chosen by their score do not count.
  @Test func onlyTheRandomSampleCounts() throws {
    #expect(delta(1).graph.verifiedSamples.map(\.gradientScore) == [2, -4 / 3])
    let table = try Fixtures.aggregate(of: [delta(0), delta(1)]).agreement
    let all = try #require(table.overall(.gradient, .all))
    #expect(all.nodes == 4 && all.prompts == 2)
    #expect(all.signAgreement?.value == 1)
    #expect(all.withinQuarter?.value == 0.5)
    #expect(table.overall(.relp, .all)?.nodes == 4)
    #expect(table.overall(.gradient, .first) == nil)
    // For both rules: at all positions, beyond the first, and there without sinks.
    #expect(table.rows.filter { $0.layers == .low }.map(\.agreement.nodes) == [4, 4, 4, 4, 4, 4])
  }

  /// A node that writes more than its stream counts beyond position 0, but not among ordinary nodes.
  @Test func sinksAreToldApart() throws {
    func sample(_ share: Float, first: Bool, contribution: Float) -> VerifiedSample {
      VerifiedSample(
        layer: 0, isFirstPosition: first, streamShare: share, relp: 1, gradientScore: 1, contribution: contribution)
    }
    let table = AgreementTable(
      [
        [
          sample(0.1, first: false, contribution: 1), sample(0.99, first: false, contribution: 1),
          sample(1, first: false, contribution: -1), sample(0.1, first: true, contribution: -1),
        ]
      ], layerCount: 1)
    #expect(table.overall(.gradient, .all)?.signAgreement?.value == 0.5)
    #expect(table.overall(.gradient, .later)?.nodes == 3)
    #expect(table.overall(.gradient, .ordinary)?.nodes == 2)
    #expect(table.overall(.gradient, .ordinary)?.signAgreement?.value == 1)
    #expect(table.overall(.gradient, .first)?.signAgreement?.value == 0)
    #expect(table.positionRows(.gradient).map(\.position) == [.later, .ordinary, .first])
  }

  @Test func theRowsOfAStatusAreThoseOfTheWholeTable() throws {
    let aggregate = try Fixtures.aggregate(of: (0..<5).map { delta($0) })
    for rule in AttributionRule.allCases {
      #expect(aggregate.agreementByPosition(rule) == aggregate.agreement.positionRows(rule))
      #expect(!aggregate.agreementByPosition(rule).isEmpty)
    }
  }

  @Test func mergingInAnyOrderGivesTheSameTableAndSums() throws {
    let deltas = (0..<12).map { delta($0) }
    let whole = try Fixtures.aggregate(of: deltas)
    var parts = try Fixtures.aggregate(of: Array(deltas[5...].reversed()))
    try parts.merge(Fixtures.aggregate(of: Array(deltas[..<5])))
    #expect(parts == whole)
    #expect(parts.agreement == whole.agreement)
    #expect(Fixtures.export(parts) == Fixtures.export(whole))
    let statistics = try #require(whole.statistics(of: NeuronID(layer: 2, index: 1)))
    #expect(statistics.verifiedCount == 12)
    #expect(statistics.contributionSum == -84)
    #expect(whole.totals.verifiedNodes == 36)
  }
}
