// autointerp
// `InvestigationRules` holds every number that decides what an investigation asks and what it concludes.
// SPDX-License-Identifier: Apache-2.0

/// The protocol of an investigation. It is fixed before anything is measured and is part of every dossier.
///
/// 1. *Gather.* Read what a run says about the neuron: where it was selected, in which group, at what activation and score,
///    which edges it has. From the model's weights, read which tokens it promotes.
/// 2. *Form.* Make every hypothesis of the fixed kinds (`Hypothesis.Claim`) for which the run has enough data. No hypothesis
///    is left out because it looks false. A language model may add up to six of the same kinds, which are marked; it sees the
///    run's places and no unseen prompt.
/// 3. *Register.* Write hypotheses, predictions and these numbers, with a digest, before a prompt is run.
/// 4. *Test.* On prompts that the run has not seen, measure one figure for each hypothesis, with a bootstrap interval over
///    prompts, and the same figure for random neurons of the same layer whose activations are of similar size.
///    A neuron that is larger than all others of its layer has none. Then ranks are compared with the neurons nearest in
///    size; `promotes` with random tokens; edges with random targets; and whether answers need it is not decided.
/// 5. *Decide.* The figures of the random neurons give p; Benjamini and Hochberg correct over the neuron's hypotheses.
///    - *confirmed*: q is at most `level`, the effect reaches the threshold, and its interval excludes chance;
///    - *refuted*: even the upper end of the interval is below the threshold, or below what one in twenty random neurons
///      reaches by being random (`controlShare`);
///    - *undecided* otherwise, with the smallest effect that would have been confirmed.
package struct InvestigationRules: Hashable, Sendable {
  package static let name = "autointerp.investigation-protocol/1"

  /// The largest q of a confirmed hypothesis.
  package var level = 0.05
  /// Random neurons beside each hypothesis. With 149 the smallest p is 1/150, so that one true hypothesis among seven can
  /// be confirmed.
  package var controlCount = 149
  /// With fewer, nothing is decided.
  package var fewestControls = 19
  /// A refuted hypothesis is below this share of the random neurons.
  package var controlShare = 0.95
  /// Unseen prompts needed for any test.
  package var fewestPrompts = 8
  /// Unseen prompts of each group that a comparison of groups needs.
  package var fewestGroupPrompts = 10
  /// Unseen prompts at most on which answers are measured while neurons are changed.
  package var changedPromptCount = 20
  /// The same for measuring another neuron, which takes a pass for each change.
  package var edgePromptCount = 10

  /// Tokens of a `detects` hypothesis at most.
  package var tokenCount = 5
  /// Places that a token needs in the run.
  package var fewestTokenPlaces = 3
  /// The share of all places that these tokens need together.
  package var smallestTokenShare = 0.3
  /// Tokens of a `promotes` hypothesis at most.
  package var promotedCount = 10
  /// Drivers, and targets, that get a hypothesis each.
  package var edgeCount = 1
  /// The share of the neuron's prompts that an edge needs.
  package var smallestEdgeShare = 0.2
  /// The share of an edge's prompts in which its effect has the same sign.
  package var smallestSignShare = 0.75

  /// AUC of the activation at the tokens against other tokens; 0.5 is chance.
  package var detectionThreshold = 0.7
  /// The difference between the shares of two groups' prompts in which the neuron is active.
  package var groupThreshold = 0.1
  /// Logits by which the promoted tokens rise above the mean of all when the neuron is doubled.
  package var promotionThreshold = 0.01
  /// Nats by which the answer's log p falls when the neuron is removed.
  package var necessityThreshold = 0.01
  /// The share of the target's activation that goes when the source is removed.
  package var edgeThreshold = 0.02

  package init() {}

  /// As many random neurons as one true hypothesis among all of a neuron's needs, however many are proposed.
  package mutating func allowProposals(of hypothesisCount: Int) {
    controlCount = max(controlCount, Int((Double(hypothesisCount) / level).rounded(.up)) - 1)
  }

  /// The numbers with their names, in order, for registers and dossiers.
  package var list: [(name: String, value: Double)] {
    [
      ("level", level), ("controls", Double(controlCount)), ("fewest_controls", Double(fewestControls)),
      ("control_share", controlShare), ("fewest_prompts", Double(fewestPrompts)),
      ("fewest_group_prompts", Double(fewestGroupPrompts)), ("changed_prompts", Double(changedPromptCount)),
      ("edge_prompts", Double(edgePromptCount)), ("tokens", Double(tokenCount)),
      ("fewest_token_places", Double(fewestTokenPlaces)), ("smallest_token_share", smallestTokenShare),
      ("promoted_tokens", Double(promotedCount)), ("edges", Double(edgeCount)),
      ("smallest_edge_share", smallestEdgeShare), ("smallest_sign_share", smallestSignShare),
      ("detection_threshold", detectionThreshold), ("group_threshold", groupThreshold),
      ("promotion_threshold", promotionThreshold), ("necessity_threshold", necessityThreshold),
      ("edge_threshold", edgeThreshold),
    ]
  }
}
