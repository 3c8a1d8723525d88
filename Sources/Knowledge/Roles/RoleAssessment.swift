// autointerp
// `RoleAssessment` gives a neuron its role, with the figures behind it and whether both halves of the prompts agree.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// The role of one neuron in a run.
package struct RoleAssessment: Equatable, Sendable {
  package let role: CircuitRole
  /// How far the figures are from the nearest threshold, in `0...1`; 0 if the role is `unclear`.
  package let score: Double
  package let figures: RoleFigures
  /// The roles that the two halves of the prompts give on their own.
  package let halves: [CircuitRole]

  /// Whether both halves give the same role.
  package var isStable: Bool { halves[0] == halves[1] }

  package init(_ statistics: NeuronStatistics, isSink: Bool) {
    let figures = RoleFigures(statistics.flows)
    self.figures = figures
    let halfRoles = [statistics.firstHalfFlows, statistics.secondHalfFlows].map { flows in
      min(flows.promptsIn, flows.promptsOut) * 2 >= RoleRule.fewestPrompts
        ? RoleRule.role(of: RoleFigures(flows)).role : .unclear
    }
    halves = halfRoles
    let whole = RoleRule.role(of: figures)
    let flows = statistics.flows
    if isSink {
      (role, score) = (.sink, 1)
    } else if min(flows.promptsIn, flows.promptsOut) < RoleRule.fewestPrompts || halfRoles[0] != halfRoles[1] {
      (role, score) = (.unclear, 0)
    } else {
      (role, score) = whole
    }
  }
}

extension RoleFigures {
  init(_ flows: FlowProfile) {
    let incoming = flows.fromTokens + flows.fromNeurons
    let outgoing = flows.toNeurons + flows.toOutputs
    tokenShare = incoming > 0 ? flows.fromTokens / incoming : nil
    outputShare = outgoing > 0 ? flows.toOutputs / outgoing : nil
    sign = outgoing > 0 ? flows.signedOut / outgoing : 0
    fanIn = flows.meanFanIn
    fanOut = flows.meanFanOut
  }
}
