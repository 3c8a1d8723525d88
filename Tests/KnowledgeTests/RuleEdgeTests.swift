// autointerp
// Tests the rules of classes, roles, sinks and balance at their edges, where one more or one less would decide.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import Testing

@testable import Knowledge

@Suite struct RuleEdgeTests {
  /// The largest odds ratio that is not large, as a logarithm.
  private static let large = log(5.0)

  /// `general` needs an interval within a factor of five on both sides; the values are those that decide.
  @Test(arguments: [
    (0.0, 0.5, SpecificityClass.general), (0.0, 0.9, .undetermined), (1.0, 0.2, .general), (1.0, 0.5, .undetermined),
    (-1.0, 0.2, .general), (-1.0, 0.5, .undetermined),
  ])
  func absenceOfAFindingIsNoFinding(value: Double, error: Double, expected: SpecificityClass) {
    #expect(ClassRule.classify(q: 0.5, logOdds: Estimate(value: value, error: error)) == expected)
    #expect(ClassRule.classify(q: nil, logOdds: Estimate(value: value, error: error)) == .undetermined)
  }

  @Test func aFindingNeedsLargeOddsAndASmallQ() {
    for sign in [1.0, -1] {
      let (enough, less) = (
        Estimate(value: sign * (Self.large + 1e-9), error: 0.3), Estimate(value: sign * (Self.large - 1e-9), error: 0.3)
      )
      let expected = sign > 0 ? SpecificityClass.domain : .baseline
      #expect(ClassRule.classify(q: 0.0499, logOdds: enough) == expected)
      #expect(ClassRule.classify(q: 0.05, logOdds: enough) == .undetermined)
      #expect(ClassRule.classify(q: 0.0499, logOdds: less) == .undetermined)
    }
  }

  @Test func theDetectableRateHasThePowerAndTheRateBelowDoesNot() throws {
    for (first, second, rate) in [(60, 60, 0.1), (40, 200, 0.05), (300, 100, 0)] {
      let detectable = DetectableDifference(first: first, second: second, level: 0.01)
      let smallest = try #require(detectable.smallestRate(against: rate))
      #expect(detectable.power(firstRate: smallest, secondRate: rate) >= 0.8)
      #expect(detectable.power(firstRate: smallest - 0.0002, secondRate: rate) < 0.8)
    }
  }

  @Test(arguments: [1, 5, 33, 165, 4000]) func intervalsEndAtZeroAndOneExactly(total: Int) {
    #expect(Proportion(0, of: total).interval.lowerBound == 0)
    #expect(Proportion(total, of: total).interval.upperBound == 1)
    for count in [0, total / 2, total] {
      let interval = Proportion(count, of: total).interval
      #expect(interval.contains(Proportion(count, of: total).rate) && (0...1).contains(interval.lowerBound))
    }
  }

  private func role(_ prompts: [Int32], sign: (Int32) -> Float = { _ in 1 }, isSink: Bool = false) throws
    -> RoleAssessment
  {
    var aggregate = EdgeAggregate()
    for prompt in prompts { try aggregate.merge(RoleTests.delta(prompt, sign: sign(prompt))) }
    return RoleAssessment(try #require(aggregate.statistics(of: NeuronID(layer: 0, index: 1))), isSink: isSink)
  }

  /// Prompts by the half that they belong to.
  private func halves() throws -> (first: [Int32], second: [Int32]) {
    let parts = try (0..<64 as Range<Int32>).map { prompt in
      var aggregate = EdgeAggregate()
      try aggregate.merge(RoleTests.delta(prompt))
      let statistics = try #require(aggregate.statistics(of: NeuronID(layer: 0, index: 1)))
      return (prompt, statistics.firstHalfFlows.promptsIn == 1)
    }
    return (parts.filter(\.1).map(\.0), parts.filter { !$0.1 }.map(\.0))
  }

  /// Four prompts are enough, two in each half.
  @Test func aRoleNeedsFourPromptsAndTwoInEachHalf() throws {
    let (first, second) = try halves()
    #expect(try role([first[0], first[1], second[0], second[1]]).role == .featureDetector)
    #expect(try role([first[0], first[1], second[0]]).role == .unclear)
    #expect(try role([first[0], first[1], first[2], second[0]]).role == .unclear)
    #expect(try role([first[0], first[1], first[2], second[0], second[1]]).role == .featureDetector)
  }

  /// L1/N9 with a massive activation in nearly all prompts of some groups, among five ordinary neurons.
  private func sinks(missing: (domain: Int, baseline: Int, control: Int)) throws -> Set<NeuronID> {
    var aggregate = EdgeAggregate()
    for (place, group) in [PromptGroup.domain, .baseline, RunKnowledgeTests.control].enumerated() {
      let left = [missing.domain, missing.baseline, missing.control][place]
      for number in 0..<20 {
        var delta = RunKnowledgeTests.delta(
          place * 20 + number, group, neurons: number < left ? [1, 2, 3] : [1, 2, 3, 9])
        for i in delta.graph.neurons.index.indices where delta.graph.neurons.index[i] == 9 {
          delta.graph.neurons.activation[i] = 400
        }
        try aggregate.merge(delta)
      }
    }
    return Sinks(aggregate).neurons.filter { $0.index == 9 }
  }

  @Test func aSinkIsInNearlyAllPromptsOfEveryGroup() throws {
    #expect(try sinks(missing: (2, 2, 2)).count == 1)
    #expect(try sinks(missing: (0, 3, 0)).isEmpty)
    #expect(try sinks(missing: (3, 0, 0)).isEmpty)
    #expect(try sinks(missing: (0, 0, 3)).isEmpty)
  }

  private func shapes(_ text: String, _ count: Int) -> [PromptShape] {
    (0..<count).map { PromptShape(text: "The river number \($0) \(text)") }
  }

  /// Two prompts on each side allow no small p-value, but nothing can be told apart from a form that differs in all of them.
  @Test func aDecisiveDifferenceOfAFewPromptsWarns() {
    let balance = GroupBalance([("a", shapes("flows into a", 2)), ("b", shapes("flows.", 2))])
    #expect(balance.warnings.contains { $0.text.contains("end with") })
    // One in two is no such difference.
    let half = GroupBalance([
      ("a", shapes("flows into a", 2)), ("b", shapes("flows into a", 1) + shapes("flows into the.", 1)),
    ])
    #expect(half.warnings.isEmpty)
  }

  /// Ten prompts of the small group have counterparts, and so have ten of the hundred of the large one.
  @Test func theComparableShareIsOfThePromptsOfBothGroups() {
    let small = shapes("flows into a", 40)
    let large = shapes("flows into a", 20) + shapes("ends here now.", 140)
    let texts = GroupBalance([("small", small), ("large", large)]).warnings.map(\.text)
    #expect(texts.contains { $0.contains("only 30 % of the prompts") }, "\(texts)")
  }

  /// In a small corpus a last word is common from two prompts on.
  @Test func aLastWordOfOnePromptIsNoEndingOfItsOwn() {
    let shapes = ["The river is", "The lake is", "It flows to", "It ends at", "He saw the"].map {
      PromptShape(text: $0)
    }
    let endings = PromptStrata.endings(of: shapes)
    #expect(endings[0] == "\"is\"" && endings[1] == endings[0])
    #expect(Set(endings[2...]) == [EndingClass.functionWord.words])
  }

  /// Thirty prompts have it on both sides, and fifteen on the second only.
  @Test func whatIsInCommonPromptsIsNotGained() {
    let places = (0..<30).map { UInt32($0) } + (0..<45).map { UInt32(60 + $0) }
    let comparison = PairedComparison(pairCount: 60, appearances: [places, Array(places[30...].map { $0 }), []])
    let found = comparison.differences()
    #expect(found[0].onlyFirst == 0 && found[0].onlySecond == 15 && found[0].isFinding)
    #expect(found[0].change == .changed)
    #expect(found[1].change == .gained)
    #expect(found[2].change == .undetermined, "what no prompt has is not shared")
  }

  /// A sink is one whatever the halves say.
  @Test func aSinkIsASinkEvenIfItsHalvesDisagree() throws {
    let (first, second) = try halves()
    let isFirst = Set(first)
    let found = try role(first + second, sign: { isFirst.contains($0) ? -1 : 1 }, isSink: true)
    #expect(found.halves[0] != found.halves[1] && found.role == .sink && found.score == 1)
  }

  @Test func numbersAndMarksAreToldApart() {
    let balance = GroupBalance([
      ("a", [PromptShape(text: "In 1492"), PromptShape(text: "In May."), PromptShape(text: "In the")])
    ])
    #expect(balance.groups[0].punctuated == 1)
  }

  @Test(
    arguments: [
      (1.0 / 3, 0.333333), (-2.0 / 3, -0.666667), (123_456_789, 123_457_000), (1e-9 / 3, 3.33333e-10), (0, 0), (5, 5),
    ] as [(Double, Double)])
  func sixDigitsStay(value: Double, expected: Double) { #expect(value.significant == expected) }
}
