// autointerp
// Tests how interventions, positions and neurons are written and read.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@testable import Causality

@Suite struct PlanTests {
  @Test(arguments: ["zero", "mean", "resample", "x2", "x0.5", "add:-1.5", "set:3"])
  func kindsReadWhatTheyWrite(text: String) { #expect(InterventionKind(text)?.description == text) }

  @Test(arguments: ["", "x", "two", "scale", "scale:", "add:one", "x nan", "xinf", "set:nan", "zero:1"])
  func otherTextIsNoKind(text: String) { #expect(InterventionKind(text) == nil) }

  @Test func aRemovalTakesTheNeuronAwayAndABoostEnlargesIt() {
    func kinds(_ isMeant: (InterventionKind) -> Bool) -> [String] {
      ["zero", "mean", "resample", "x0", "x0.5", "x1", "x2", "x-1", "add:0", "add:1", "set:0", "set:1"].filter {
        InterventionKind($0).map(isMeant) ?? false
      }
    }
    #expect(kinds(\.isRemoval) == ["zero", "mean", "resample", "x0", "set:0"])
    #expect(kinds(\.isBoost) == ["x2"])
    #expect(kinds { $0.dose != nil } == ["zero", "x0", "x0.5", "x1", "x2", "x-1"])
  }

  @Test func scaleIsAnotherWordForX() { #expect(InterventionKind("scale:2") == .scale(2)) }

  @Test func positionsAreThoseOfThePrompt() throws {
    #expect(try PositionChoice("all")?.positions(tokens: 3) == [0, 1, 2])
    #expect(try PositionChoice("last")?.positions(tokens: 3) == [2])
    #expect(try PositionChoice("not-first")?.positions(tokens: 3) == [1, 2])
    #expect(try PositionChoice("2,0")?.positions(tokens: 3) == [0, 2])
    for text in ["", "first", "1,,2", "-1", "1;2"] { #expect(PositionChoice(text) == nil) }
    #expect(throws: CausalityError.self) { try PositionChoice.notFirst.positions(tokens: 1) }
  }

  @Test func setsAreNeuronsJoinedByPlus() {
    #expect(NeuronSet("L1/N2+L3/N4")?.neurons == [NeuronID(layer: 1, index: 2), NeuronID(layer: 3, index: 4)])
    #expect(NeuronSet("28:5")?.description == "L28/N5")
    for text in ["", "+", "L1/N2+", "L1/N2+L1/N2", "L1"] { #expect(NeuronSet(text) == nil) }
  }

  @Test func meansAndResamplingNeedReferencePrompts() {
    let rig = SmallRig()
    for kind in [InterventionKind.mean, .resample] {
      #expect(throws: CausalityError.self) {
        try rig.runner.measure(SmallRig.tokens, plan: InterventionPlan(sets: [SmallRig.set(0, 0)], kinds: [kind]))
      }
    }
    #expect(throws: CausalityError.self) {
      try rig.runner.measure(SmallRig.tokens, plan: InterventionPlan(sets: [SmallRig.set(2, 0)], kinds: [.zero]))
    }
  }
}
