// autointerp
// `Hypothesis` is one statement about a neuron that a measurement can refute.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Platform

/// A statement about a neuron with the figures of the run that suggest it.
package struct Hypothesis: Hashable, Sendable {
  /// The fixed kinds of statements.
  package enum Claim: Hashable, Sendable {
    /// It is more active at these tokens than at others.
    case detects([Int32])
    /// It is active in more prompts of one group than of another.
    case prefers(group: String, over: String)
    /// When it is doubled, these tokens rise above the mean of all.
    case promotes([Int32])
    /// When it is removed where it is active, the answer's log p changes.
    case matters
    /// Removing the other neuron changes this one.
    case isDrivenBy(NeuronID)
    /// Removing this neuron changes the other one.
    case drives(NeuronID)
  }

  package var claim: Claim
  /// 1 or -1. Of `matters`: 1 if the answer falls without the neuron. Of edges: 1 if the target's activation shrinks without
  /// the source. 1 for all others.
  package var direction: Int
  /// Of `detects` and `promotes`: how the tokens are shown.
  package var tokenTexts: [String]
  /// The figures of the run that suggest it, in a sentence.
  package var basis: String
  /// The language model that proposed it; nil if the protocol formed it.
  package var proposer: String?

  package init(
    _ claim: Claim, direction: Int = 1, tokenTexts: [String] = [], basis: String, proposer: String? = nil
  ) {
    self.claim = claim
    self.direction = direction
    self.tokenTexts = tokenTexts
    self.basis = basis
    self.proposer = proposer
  }
}

extension Hypothesis {
  /// A word for the kind.
  package var kind: String {
    switch claim {
    case .detects: "detects"
    case .prefers: "prefers_group"
    case .promotes: "promotes"
    case .matters: direction > 0 ? "supports_answer" : "opposes_answer"
    case .isDrivenBy: "driven_by"
    case .drives: "drives"
    }
  }

  var isPromotion: Bool {
    if case .promotes = claim { true } else { false }
  }

  /// Why it is tested, in words.
  package var origin: String {
    proposer.map { "proposed by the language model \($0.quoted(maximumBytes: 80))" } ?? "suggested because \(basis)"
  }

  /// Whether the test changes something in the model. The others compare what happens anyway.
  package var isCausal: Bool {
    switch claim {
    case .detects, .prefers: false
    case .promotes, .matters, .isDrivenBy, .drives: true
    }
  }

  /// The statement.
  package func statement(_ neuron: NeuronID) -> String {
    switch claim {
    case .detects: "\(neuron) is more active at \(tokens) than at other tokens"
    case .prefers(let group, let other): "\(neuron) is active in more prompts of \(group) than of \(other)"
    case .promotes: "\(neuron) promotes \(tokens)"
    case .matters:
      direction > 0
        ? "the answer needs \(neuron) where it is active" : "\(neuron) works against the answer where it is active"
    case .isDrivenBy(let other): "\(other) \(direction > 0 ? "excites" : "inhibits") \(neuron)"
    case .drives(let other): "\(neuron) \(direction > 0 ? "excites" : "inhibits") \(other)"
    }
  }

  /// What the test measures, and what it must be.
  package func prediction(_ neuron: NeuronID, _ rules: InvestigationRules) -> String {
    let reach = "at least \(ReadableNumber.fixed(threshold(rules), decimals: 2))"
    return switch claim {
    case .detects:
      "the AUC of its activation at these tokens against others, last positions apart from the others, is \(reach)"
    case .prefers:
      "within prompts of equal form, the share in which it is active is larger in the first group, by \(reach)"
    case .promotes: "doubling it raises the mean logit of these tokens above the mean of all by \(reach)"
    case .matters:
      "removing it \(direction > 0 ? "lowers" : "raises") log p of the most probable token by \(reach) nats on average"
    case .isDrivenBy(let other):
      "removing \(other) \(direction > 0 ? "takes away" : "adds") \(reach) of its activation"
    case .drives(let other):
      "removing it \(direction > 0 ? "takes away" : "adds") \(reach) of the activation of \(other)"
    }
  }

  /// The smallest effect that counts.
  package func threshold(_ rules: InvestigationRules) -> Double {
    switch claim {
    case .detects: rules.detectionThreshold
    case .prefers: rules.groupThreshold
    case .promotes: rules.promotionThreshold
    case .matters: rules.necessityThreshold
    case .isDrivenBy, .drives: rules.edgeThreshold
    }
  }

  /// What the effect is by chance.
  package var chance: Double {
    if case .detects = claim { 0.5 } else { 0 }
  }

  /// What the effect is, in a word or two.
  package var unit: String {
    switch claim {
    case .detects: "AUC"
    case .prefers: "of the prompts"
    case .promotes: "logits"
    case .matters: "nats"
    case .isDrivenBy, .drives: "of the activation"
    }
  }

  /// The layer of which random neurons are drawn: that of the neuron that is read or changed.
  package func controlled(_ neuron: NeuronID) -> NeuronID {
    if case .isDrivenBy(let other) = claim { other } else { neuron }
  }

  private var tokens: String { tokenTexts.map { String(token: $0) }.joined(separator: ", ") }
}
