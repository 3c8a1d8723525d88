// autointerp
// Tests which side of a bound the value at the bound belongs to, and what becomes of zeros, single tokens and third groups.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Circuits

@Suite struct BoundaryTests {
  private static func features(share: Float = 0, relp: Float = 1, gradient: Float = 1) -> TrustFeatures {
    TrustFeatures(isFirstPosition: false, streamShare: share, relp: relp, gradientScore: gradient)
  }

  @Test(
    arguments: [(0, 0), (0.0299, 0), (0.03, 1), (0.0999, 1), (0.1, 2), (0.299, 2), (0.3, 3), (7, 3)] as [(Float, Int)])
  func aBoundBelongsToTheClassAbove(share: Float, streamClass: Int) {
    #expect(Self.features(share: share).streamClass == streamClass)
  }

  @Test(
    arguments: [
      (1, 1, true), (2, 1, true), (1, 2, true), (2.1, 1, false), (1, 2.1, false), (1, -1, false), (0, 0, false),
    ] as [(Float, Float, Bool)])
  func rulesAgreeUpToAFactorOfTwoInEitherDirection(relp: Float, gradient: Float, agree: Bool) {
    for sign in [Float(1), -1] {
      #expect(Self.features(relp: sign * relp, gradient: sign * gradient).rulesAgree == agree)
    }
  }

  /// Wilson's bound is the rate whose observed one is `z` errors above it.
  @Test(arguments: [(1, 10), (9, 10), (10, 10), (45, 50), (180, 200)])
  func lowerBoundsSolveWilsonsEquation(right: Int, count: Int) {
    let (rate, bound) = (Double(right) / Double(count), TrustCalibration.Cell(count: count, right: right).lowerBound)
    #expect(bound < rate && abs(rate - bound - 1.645 * (bound * (1 - bound) / Double(count)).squareRoot()) < 1e-9)
    #expect(TrustCalibration.Cell(count: count, right: 0).lowerBound == 0)
  }

  /// A node without an effect has no sign that a score could have, and only a score of zero is right about it.
  @Test func aContributionOfZeroHasNoSign() {
    func signs(_ pairs: [(score: Float, contribution: Float)]) -> Double? {
      ScoreAgreement([pairs]).signAgreement?.value
    }
    #expect(signs([(1, 0), (-1, 0)]) == 0)
    #expect(signs([(0, 0)]) == 1)
    #expect(signs([(0, 1), (0, -1)]) == 0)
  }

  @Test(arguments: [1, 3]) func theFirstPositionStaysTheFirstWhereverTheMetricIs(tokenCount: Int32) {
    #expect(PositionClass(0, metricPosition: tokenCount - 1) == .first)
    #expect(PositionClass(2, metricPosition: 2) == .last && PositionClass(2, metricPosition: 4) == .other)
  }

  /// The metric is read before the last token.
  @Test func theLastPositionIsThatOfTheMetric() throws {
    var delta = Fixtures.delta()
    delta.graph.tokens.append(7)
    delta.graph.embeddingRelp.append(0)
    delta.graph.embeddingGradientScore.append(0)
    delta.graph.edges.target = delta.graph.edges.target.map { $0 >= 6 ? $0 + 1 : $0 }
    let statistics = try #require(try Fixtures.aggregate(of: [delta]).statistics(of: NeuronID(layer: 2, index: 1)))
    #expect(statistics.last.occurrences == 1 && statistics.other.occurrences == 0)
  }

  @Test func promptsOfOtherGroupsAreNotOfTheBaseline() throws {
    let control = try #require(PromptGroup(rawValue: "control"))
    let deltas = (0..<12).map { number in
      Fixtures.delta(prompt: number, origin: number < 4 ? .domain : number < 8 ? .baseline : control)
    }
    let aggregate = try Fixtures.aggregate(of: deltas)
    let statistics = try #require(aggregate.statistics(of: NeuronID(layer: 2, index: 1)))
    #expect(aggregate.specificity(of: statistics) == DomainSpecificity(domain: 4, of: 4, baseline: 4, of: 4))
  }

  /// All neurons are in all prompts together, so that the names decide which are listed.
  @Test(arguments: 1...4) func ofEqualCompanionsTheEarlierNeuronsAreListed(count: Int) throws {
    let indices: [Int32] = [4, 1, 3, 0, 2]
    var aggregate = EdgeAggregate()
    // They become known one by one, in another order than that of their names.
    for (prompt, known) in indices.indices.enumerated() {
      try aggregate.merge(Self.delta(Int32(prompt), Array(indices[...known])))
    }
    var whole = EdgeAggregate()
    for prompt in 0..<3 as Range<Int32> { try whole.merge(Self.delta(prompt, indices.sorted())) }
    let last = NeuronID(layer: 0, index: 4)
    let profile = try #require(whole.profile(of: last, topCount: count))
    #expect(profile.cooccurring.map(\.neuron.index) == Array([0, 1, 2, 3].prefix(count)))
    #expect(profile.cooccurringCount == 4)
    // Neuron 4 shares 4, 3, 2 and 1 prompts with 1, 3, 0 and 2.
    let shared = try #require(aggregate.profile(of: last, topCount: count))
    #expect(shared.cooccurring.map(\.neuron.index) == Array([1, 3, 0, 2].prefix(count)))
    #expect(shared.cooccurring.map(\.prompts) == Array([4, 3, 2, 1].prefix(count)))
  }

  private static func delta(_ prompt: Int32, _ indices: [Int32]) -> EdgeDelta {
    var delta = Fixtures.delta(prompt: prompt)
    var neurons = NeuronColumns()
    for index in indices.sorted() {
      neurons.layer.append(0)
      neurons.index.append(index)
      neurons.position.append(1)
      neurons.activation.append(1)
      neurons.gradient.append(1)
      neurons.relp.append(1)
    }
    delta.graph.neurons = neurons
    delta.graph.edges = EdgeColumns()
    delta.graph.counts.candidateNeurons = Int32(indices.count)
    return delta
  }

  @Test func aNeuronInExactlySoManyPromptsHasAProfile() throws {
    let aggregate = try Fixtures.aggregate(of: [Self.delta(0, [1, 2]), Self.delta(1, [2]), Self.delta(2, [2])])
    func profiles(_ fewest: Int) throws -> [String] {
      var options = EdgeStatisticsExport.Options()
      options.minimumAppearances = fewest
      let bytes = EdgeStatisticsExport(
        aggregate: aggregate, specification: Fixtures.specification(domain: 3, baseline: 0), options: options
      ).bytes()
      let file = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
      return (file["profiles"] as? [[String: Any]] ?? []).compactMap { $0["neuron_id"] as? String }
    }
    #expect(try profiles(1) == ["L0/N1", "L0/N2"])
    #expect(try profiles(3) == ["L0/N2"])
    #expect(try profiles(4) == [])
  }

  /// Four verified nodes allow no statement, five do.
  @Test(arguments: [(4, false), (5, true)]) func fewVerifiedNodesAreNotCalledPoor(count: Int, isPoor: Bool) throws {
    var graph = Self.delta(0, (0..<5).map { $0 }).graph
    graph.neurons.gradientScore = graph.neurons.relp
    graph.neurons.streamShare = graph.neurons.relp.map { _ in 0.01 }
    graph.verified.neuron = (0..<Int32(count)).map { $0 }
    graph.verified.reason = Array(repeating: 1, count: count)
    // Each removal raises the metric, against what the scores say.
    graph.verified.zero = Array(repeating: 1, count: count)
    #expect(try #require(GraphAgreement(graph)).isPoor == isPoor)
  }
}
