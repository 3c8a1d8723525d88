// autointerp
// `CircuitRole` names what a neuron does in the circuits of a run, and `RoleRule` is the rule that decides it.
// SPDX-License-Identifier: Apache-2.0

/// What a neuron does between tokens and predictions.
package enum CircuitRole: String, Hashable, Sendable, CaseIterable {
  /// Driven by input tokens, drives neurons.
  case featureDetector = "feature_detector"
  /// Driven by neurons, drives neurons.
  case relay
  /// Driven by many neurons, drives few.
  case integrator
  /// Raises the predictions directly.
  case outputFormatter = "output_formatter"
  /// Works against the metric, whether directly or by way of neurons.
  case inhibitor
  /// Driven by tokens and drives the predictions: nothing lies between.
  case mixed
  /// Too few edges, or the two halves of the prompts disagree.
  case unclear
  /// Takes part in every prompt whatever it is about; see `Sinks`.
  case sink
}

/// The figures that a role is decided by. Sources at the first position are left out: their flow is large everywhere.
package struct RoleFigures: Equatable, Sendable {
  /// The share of the incoming |flow| that comes from input tokens, in `0...1`; nil without incoming edges.
  package var tokenShare: Double?
  /// The share of the outgoing |flow| that goes to logits and the metric; nil without outgoing edges.
  package var outputShare: Double?
  /// Outgoing flow over outgoing |flow|, in `-1...1`: -1 if it always lowers the metric.
  package var sign: Double
  /// Effective numbers of incoming and outgoing edges of a prompt, on average.
  package var fanIn: Double
  package var fanOut: Double
}

/// How figures become a role.
///
/// 1. The sign comes first: a neuron that mostly lowers the metric inhibits, whatever else it does.
/// 2. Then the shares: more than half from tokens, or to outputs, is what the neuron is mostly about.
/// 3. Between neurons, the fans tell a relay from an integrator.
enum RoleRule {
  /// A third of the |flow| may be positive: an inhibitor need not inhibit everywhere.
  static let inhibitingSign = -1.0 / 3
  /// The larger part.
  static let largeShare = 0.5
  /// An integrator collects from at least so many times as many as it drives, and from some number.
  static let integratorRatio = 2.0
  static let integratorFanIn = 8.0
  /// With fewer prompts that have its edges, the figures are those of single prompts.
  static let fewestPrompts = 4

  /// The role, and how far the figures are from the nearest threshold, in `0...1`.
  static func role(of figures: RoleFigures) -> (role: CircuitRole, score: Double) {
    guard let outputShare = figures.outputShare, let tokenShare = figures.tokenShare else { return (.unclear, 0) }
    if figures.sign < inhibitingSign {
      return (.inhibitor, (inhibitingSign - figures.sign) / (1 + inhibitingSign))
    }
    let outputs = (outputShare - largeShare) / largeShare
    let tokens = (tokenShare - largeShare) / largeShare
    switch (tokens > 0, outputs > 0) {
    case (true, true): return (.mixed, min(tokens, outputs))
    case (true, false): return (.featureDetector, min(tokens, -outputs))
    case (false, true): return (.outputFormatter, min(-tokens, outputs))
    case (false, false):
      let ratio = figures.fanOut > 0 ? figures.fanIn / (integratorRatio * figures.fanOut) : 1
      let isIntegrator = ratio >= 1 && figures.fanIn >= integratorFanIn
      let distance = isIntegrator ? 1 - 1 / ratio : 1 - min(1, ratio)
      return (isIntegrator ? .integrator : .relay, min(-tokens, -outputs, max(0, distance)))
    }
  }
}
