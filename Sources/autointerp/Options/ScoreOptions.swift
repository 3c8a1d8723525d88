// autointerp
// `ScoreOptions` holds the flags that say how nodes are scored, selected and verified.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Circuits

/// How nodes are scored, selected and verified. Without a flag, the settings apply.
struct ScoreOptions: ParsableArguments {
  @Option(
    help: """
      gradient: the true derivative, which predicts what removing a node does; relp: RelP, whose scores add up exactly. \
      The rule selects and ranks; nodes carry both scores (default gradient).
      """)
  var rule: AttributionRule?

  @Option(
    help: ArgumentHelp(
      """
      Nodes: top=N, the strongest; share=X of the |score| of all neurons; floor=X in the unit of the metric; tau=X of \
      |metric|, for logits and contrast (default top=200, which works for every metric).
      """, valueName: "rule"))
  var select: NodeSelection?

  @Flag(
    help: """
      Select no neurons at the first position, where a few massive activations take the places of others and no score \
      predicts a removal.
      """)
  var excludeFirstPosition = false

  @Option(parsing: .unconditional, help: "The same as --select tau=X.")
  var tau: Double?

  @Option(
    help: ArgumentHelp(
      "Nodes to verify by intervention: the N strongest, N+M beyond and at position 0, all, or 0 for none.",
      valueName: "n"))
  var verify: VerificationPlan?

  @Option(
    help: ArgumentHelp(
      """
      What verified nodes are changed to: zero, twice, mean, or several (default zero). mean is the neuron's mean over a \
      reference that autointerp calibrate stores, at the first position or at all others; in graphs only.
      """, valueName: "changes"))
  var verifyWith: VerifiedChanges?

  func validate() throws {
    if select != nil, tau != nil { throw ValidationError("Give one of --select and --tau.") }
    if let tau, !(0...1).contains(tau) { throw ValidationError("--tau: expected 0 to 1.") }
  }

  func apply(to settings: inout AttributionSettings) {
    if let rule { settings.rule = rule }
    if let select { settings.selection = select }
    if let tau { settings.selection = .tau(tau) }
    if excludeFirstPosition { settings.positions = .beyondFirst }
    if let verify { settings.verification = verify }
    if let verifyWith { settings.verifiedChanges = verifyWith }
  }
}

extension AttributionRule: ExpressibleByArgument {}

extension NodeSelection: ExpressibleByArgument {
  package init?(argument: String) { self.init(settingText: argument) }
}

extension VerificationPlan: ExpressibleByArgument {
  package init?(argument: String) { self.init(settingText: argument) }
}

extension VerifiedChanges: ExpressibleByArgument {
  package init?(argument: String) { self.init(settingText: argument) }
}
