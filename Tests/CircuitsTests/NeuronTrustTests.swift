// autointerp
// Tests how far a neuron's scores are trusted in a run, by the run's own random sample, and that merging keeps it exact.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Circuits

@Suite struct NeuronTrustTests {
  @Test func everyCombinationOfFeaturesHasItsOwnNumber() {
    #expect(TrustFeatures.all.map(\.number) == Array(0..<FeatureCounts.scalarCount))
  }

  private static func features(first: Bool = false, share: Float = 0.01, agree: Bool = true) -> TrustFeatures {
    TrustFeatures(isFirstPosition: first, streamShare: share, relp: 1, gradientScore: agree ? 1 : -1)
  }

  /// Two hundred samples with these features, of which `right` are within 25 %.
  private static func cell(_ right: Int) -> TrustCalibration.Cell { TrustCalibration.Cell(count: 200, right: right) }

  private static let calibration = TrustCalibration(cells: [
    features(): cell(198), features(share: 0.2): cell(130), features(first: true): cell(20),
  ])

  private static func statistics(_ entries: [(TrustFeatures, UInt32)], verified: Int = 0) -> NeuronStatistics {
    var statistics = NeuronStatistics()
    for (features, count) in entries {
      for _ in 0..<count {
        statistics.addOccurrence(relp: 1, gradientScore: 1, activation: 1, at: .other)
        statistics.addUnverified(features)
      }
    }
    for _ in 0..<verified {
      statistics.addOccurrence(relp: 1, gradientScore: 1, activation: 1, at: .other)
      statistics.addVerified(contribution: 1)
    }
    return statistics
  }

  @Test func positionsAreCountedByTheTrustOfNodesLikeThem() {
    let trust = NeuronTrust(
      Self.statistics(
        [(Self.features(), 5), (Self.features(share: 0.2), 3), (Self.features(first: true), 2)], verified: 4),
      calibration: Self.calibration)
    #expect(trust.counts == [.exact: 4, .good: 5, .rough: 3, .unreliable: 2])
  }

  @Test func theWholeIsTrustedByTheShareThatIsExpectedToBeRight() {
    func overall(_ entries: [(TrustFeatures, UInt32)], verified: Int = 0) -> NodeTrust {
      NeuronTrust(Self.statistics(entries, verified: verified), calibration: Self.calibration).overall
    }
    #expect(overall([(Self.features(), 9)]) == .good)
    // A tenth of a bad kind is enough to lose nine in ten.
    #expect(overall([(Self.features(), 9), (Self.features(first: true), 1)]) == .rough)
    #expect(overall([(Self.features(), 1), (Self.features(first: true), 9)]) == .unreliable)
    #expect(overall([], verified: 3) == .exact)
    // Verified positions do not vouch for the others.
    #expect(overall([(Self.features(first: true), 1)], verified: 99) == .unreliable)
  }

  @Test func withoutASampleOrWithOneRuleNothingIsPromised() {
    let nothing = TrustCalibration(cells: [:])
    #expect(NeuronTrust(Self.statistics([(Self.features(), 3)]), calibration: nothing).overall == .uncalibrated)
    var oneRule = NeuronStatistics()
    oneRule.addOccurrence(relp: 1, gradientScore: 0, activation: 1, at: .other)
    let trust = NeuronTrust(oneRule, calibration: Self.calibration)
    #expect(trust.overall == .uncalibrated && trust.counts == [.uncalibrated: 1])
  }

  /// L0/N3 at two positions and L2/N1; in every prompt L0/N3@1 is verified at random, and every third L2/N1 for its score.
  private func delta(_ prompt: Int32) -> EdgeDelta {
    var delta = Fixtures.delta(prompt: prompt)
    delta.graph.neurons.gradientScore = [2.9, -2.1, 0.7]
    delta.graph.neurons.streamShare = [0.01, 0.01, 0.5]
    let isThird = prompt % 3 == 0
    delta.graph.verified.neuron = isThird ? [0, 2] : [0]
    delta.graph.verified.reason = isThird ? [2, 1] : [2]
    delta.graph.verified.zero = isThird ? [-3, 0.25] : [-3]
    return delta
  }

  @Test func mergingInAnyOrderKeepsTrustAndVerifiedEffectsExact() throws {
    let deltas = (0..<60).map { delta($0) }
    let whole = try Fixtures.aggregate(of: deltas)
    var parts = try Fixtures.aggregate(of: Array(deltas[17...].reversed()))
    try parts.merge(Fixtures.aggregate(of: Array(deltas[..<17])))
    #expect(parts == whole)
    #expect(Fixtures.export(parts) == Fixtures.export(whole))
    let calibration = whole.trustCalibration(.gradient)
    #expect(calibration == parts.trustCalibration(.gradient))
    // Only the random sample counts: 60 times L0/N3@1, whose score of 2.9 is within 25 % of 3.
    #expect(calibration.cells == [Self.features(): TrustCalibration.Cell(count: 60, right: 60)])
    let first = try #require(whole.statistics(of: NeuronID(layer: 0, index: 3)))
    #expect(NeuronTrust(first, calibration: calibration).counts == [.exact: 60, .good: 60])
    #expect(first.meanContribution == 3)
    let second = try #require(whole.statistics(of: NeuronID(layer: 2, index: 1)))
    // Its kind is not in the sample.
    #expect(NeuronTrust(second, calibration: calibration).counts == [.exact: 20, .unreliable: 40])
    #expect(second.meanContribution == -0.25)
  }

  @Test func theExportCarriesScoreRuleTrustAndVerifiedEffect() throws {
    let aggregate = try Fixtures.aggregate(of: (0..<60).map { delta($0) })
    let parsed = try #require(
      JSONSerialization.jsonObject(with: Data(Fixtures.export(aggregate))) as? [String: Any])
    let profiles = try #require(parsed["profiles"] as? [[String: Any]])
    let profile = try #require(profiles.first { $0["neuron_id"] as? String == "L0/N3" })
    #expect(profile["rule"] as? String == "gradient")
    #expect(abs(try #require(profile["score_mean"] as? Double) - (2.9 - 2.1) / 2) < 1e-6)
    #expect(abs(try #require(profile["score_absolute_sum"] as? Double) - 60 * 5) < 1e-4)
    #expect(profile["trust"] as? String == "good")
    #expect(profile["trust_counts"] as? [String: Int] == ["exact": 60, "good": 60])
    #expect(profile["verified_count"] as? Int == 60)
    #expect(profile["contribution_mean"] as? Double == 3)
    let summary = try #require(parsed["summary"] as? [String: Any])
    let cells = try #require(summary["trust"] as? [[String: Any]])
    #expect(cells.count == 1 && cells[0]["nodes"] as? Int == 60 && cells[0]["trust"] as? String == "good")
    let agreement = try #require(summary["agreement"] as? [[String: Any]])
    #expect(agreement.contains { $0["rule"] as? String == "gradient" && $0["nodes"] as? Int == 60 })
  }

  @Test func theSummarySaysHowManyScoresCanBeTrusted() throws {
    let aggregate = try Fixtures.aggregate(of: (0..<60).map { delta($0) })
    let text = RunSummary(
      aggregate: aggregate, specification: Fixtures.specification(domain: 60, baseline: 0), seconds: nil
    ).text()
    #expect(text.contains("metric logprob; scores by the rule gradient"))
    // Of 180 nodes 80 are verified, 60 are like those of the sample, 40 are not.
    #expect(text.contains("trust of the scores of 180 nodes: exact 44 %, good 33 %, unreliable 22 %"))
  }
}
