// autointerp
// Tests the rules of the search for circuits where a simpler rule would find something on most models.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import TestSupport
import Testing

@testable import Causality

@Suite struct CircuitRuleTests {
  private typealias Tester = CircuitTester<OpenBLASBackend>

  private let runner: InterventionRunner<OpenBLASBackend>
  private let pair = PromptPair(text: "", tokens: [5, 6, 0, 8], corruptTokens: [5, 6, 1, 8], answer: 2, other: 3)
  private var width: Int { PlantedCircuit.configuration.feedForwardDimension }

  init() {
    let backend = OpenBLASBackend()
    runner = InterventionRunner(
      transformer: Transformer(PlantedCircuit.checkpoint(), backend: backend, storage: .resident), backend: backend)
  }

  /// The first pair's answer is 2, the second's 3.
  @Test func everyPairHasItsOwnAnswer() throws {
    let second = PromptPair(text: "", tokens: [4, 1, 7, 9], corruptTokens: [4, 0, 7, 9], answer: 3, other: 2)
    let testers = try [pair, second].map { try Tester($0, ablation: .zero, runner: runner) }
    #expect(testers.map(\.answer) == [2, 3])
    var search = try CircuitSearch(testers, heldOut: testers.reversed(), width: width)
    let circuit = try search.find()
    #expect(circuit.found.sameAnswer == 1 && circuit.heldOut?.sameAnswer == 1)
    #expect(circuit.members.count < 30, "nothing but the whole model would do for both")
  }

  /// Of several pairs a share of answers is enough; one pair's answer is right or wrong.
  @Test func aSinglePairHasToKeepItsAnswerUnlessNoneIsAskedFor() throws {
    func needed(pairs count: Int, share: Double) throws -> Double? {
      let testers = try (0..<count).map { _ in try Tester(pair, ablation: .zero, runner: runner) }
      var search = try CircuitSearch(testers, width: width)
      (search.answerShare, search.maximumNodes) = (share, 0)
      do throws(CausalityError) {
        _ = try search.find()
        return nil
      } catch {
        guard case .noCircuit(_, _, let answers, _) = error else { throw error }
        return answers
      }
    }
    #expect(try needed(pairs: 1, share: 0.8) == 1)
    #expect(try needed(pairs: 1, share: 0) == 0)
    #expect(try needed(pairs: 2, share: 0.8) == 0.8)
  }

  /// Without the mapper the inhibitor keeps a part of the behaviour, without the inhibitor the mapper keeps more of it, and
  /// at this level either can be given up but not both. The less harmful one has to go.
  ///
  /// The prompt is long, so that the subject is a small part of it and neither neuron drowns the final norm.
  @Test func theLeastHarmfulNeuronsAreGivenUpFirst() throws {
    func tokens(_ subject: Int32) -> [Int32] { (0..<24).map { $0 == 2 ? subject : 4 + $0 % 8 } }
    func place(_ layer: Int, _ index: Int) -> NeuronPlace { NeuronPlace(layer: layer, position: 23, index: index) }
    let pair = PromptPair(text: "", tokens: tokens(0), corruptTokens: tokens(1), answer: 2, other: 3)
    let tester = try Tester(pair, ablation: .zero, runner: runner)
    let (detector, mapper, inhibitor) = (
      place(0, PlantedCircuit.detector(0)), place(1, PlantedCircuit.mapper(0)), place(1, PlantedCircuit.inhibitor(0))
    )
    let stake = tester.whole - tester.nothing
    let kept = try tester.alone([[detector, mapper], [detector, inhibitor], [detector]]).map {
      ($0.metric - tester.nothing) / stake
    }
    let level = 0.8 * kept[1]
    try #require(kept[0] > kept[1] + 0.1 && kept[2] < level && level > 0.02, "\(kept)")
    var tried = 0
    for seed in 0..<24 as Range<UInt64> {
      let ranking = Tester.ranking(try tester.scores(.random(seed: seed)), width: width, livePositions: [0])
      let ranks = try [detector, mapper, inhibitor].map { try #require(ranking.firstIndex(of: $0)) }
      // What holds without the detector does not exist, so that the search prunes a circuit of all three.
      guard ranks[0] > max(ranks[1], ranks[2]) else { continue }
      tried += 1
      var search = try CircuitSearch([tester], width: width)
      (search.level, search.answerShare) = (level, 0)
      let found = Set(try search.find(.random(seed: seed)).members.map(\.place))
      #expect(found.contains(mapper) && !found.contains(inhibitor), "seed \(seed): \(found)")
    }
    #expect(tried >= 4)
  }

  /// There are pairs on which the neurons raise the answer by much and the model still prefers the other token.
  @Test func whereTheModelDoesNotPreferTheAnswerThereIsNoBehaviour() throws {
    var (against, without, with) = (0, 0, 0)
    for tokens in [[5, 6, 0, 8], [7, 1, 9, 4]] as [[Int32]] {
      for answer in 0..<12 as Range<Int32> {
        for other in 0..<12 as Range<Int32> where other != answer {
          let pair = PromptPair(text: "", tokens: tokens, corruptTokens: tokens, answer: answer, other: other)
          let tester = try Tester(pair, ablation: .zero, runner: runner)
          let stake = tester.whole - tester.nothing
          if tester.whole <= 0 {
            if stake >= 0.5 { against += 1 }
            #expect(!tester.hasBehaviour, "\(answer) against \(other): \(tester.whole), stake \(stake)")
          } else if stake < 0.5 {
            without += 1
            #expect(!tester.hasBehaviour, "\(answer) against \(other): \(tester.whole), stake \(stake)")
          } else {
            with += 1
            #expect(tester.hasBehaviour)
          }
        }
      }
    }
    #expect(against > 0 && without > 0 && with > 0, "\(against), \(without), \(with)")
  }
}
