// autointerp
// Tests which interventions a summary calls necessity and sufficiency, whatever the order in which they were asked for.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@testable import Causality

@Suite struct CausalSummaryTests {
  private let rig = SmallRig()

  private func summary(_ kinds: [InterventionKind]) throws -> CausalSummary {
    let plan = InterventionPlan(sets: [SmallRig.set(0, 1), SmallRig.set(0, 3)], kinds: kinds)
    let measurements = try ([SmallRig.tokens] + SmallRig.others).map { try rig.runner.measure($0, plan: plan) }
    let summary = CausalSummary(plan.sets[1], number: 1, kinds: kinds, measurements: measurements, seed: 1)
    // Each effect has the figures of its own kind and set.
    for (place, kind) in kinds.enumerated() {
      let alone = InterventionPlan(sets: [plan.sets[1]], kinds: [kind])
      let own = try ([SmallRig.tokens] + SmallRig.others).map {
        try rig.runner.measure($0, plan: alone).changes[0].divergence
      }
      #expect(abs(summary.effects[place].divergence.mean - own.reduce(0, +) / 4) < 1e-12, "\(kind)")
    }
    return summary
  }

  @Test func theLargestFactorIsTheSufficientOneWhereverItStands() throws {
    for kinds in [[2, 5, 3], [5, 3, 2], [2, 3, 5]] as [[Float]] {
      let summary = try summary(kinds.map { InterventionKind.scale($0) } + [.set(9), .add(7), .zero])
      #expect(summary.sufficiency?.kind == .scale(5))
      #expect(summary.doseResponse.map(\.dose) == [0, 2, 3, 5])
      #expect(summary.necessity?.kind == .zero)
    }
  }

  @Test func aFactorOfZeroIsARemovalAndOneThatShrinksIsNoBoost() throws {
    let summary = try summary([.scale(0.5), .scale(0), .set(0)])
    #expect(summary.necessity?.kind == .scale(0))
    #expect(summary.sufficiency == nil)
    #expect(try self.summary([.scale(0.5), .add(1)]).necessity == nil)
  }
}
