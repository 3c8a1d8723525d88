// autointerp
// `SteeringRequest` and `CircuitRequest` say what a long experiment is to do, `SteeredText` and `CircuitResult` what it found.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// Lets a long experiment say how far it is, and ask whether anybody still waits for it.
package struct ExperimentProgress: Sendable {
  package var isCancelled: @Sendable () -> Bool
  package var report: @Sendable (_ text: String) -> Void

  package init(
    isCancelled: @escaping @Sendable () -> Bool = { false }, report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.isCancelled = isCancelled
    self.report = report
  }
}

package struct SteeringRequest: Equatable, Sendable {
  package var text: ExperimentText
  /// As `autointerp steer --neurons` takes them: `L29/N729=x2,L28/N1095=zero`.
  package var changes: String
  package var maximumTokens: Int
  /// `all`, `not-first`, or `last`: from the text's last position on.
  package var positions: String

  package init(text: ExperimentText, changes: String, maximumTokens: Int = 40, positions: String = "all") {
    self.text = text
    self.changes = changes
    self.maximumTokens = maximumTokens
    self.positions = positions
  }
}

/// What the model writes after a text, greedily.
package struct SteeredText: Equatable, Sendable {
  package struct Continuation: Equatable, Sendable {
    package var text: String
    package var tokens: [Int32]

    package init(text: String, tokens: [Int32]) {
      self.text = text
      self.tokens = tokens
    }
  }

  package var plain: Continuation
  package var steered: Continuation
  /// The changes as they were understood.
  package var changes: [String]

  package init(plain: Continuation, steered: Continuation, changes: [String]) {
    self.plain = plain
    self.steered = steered
    self.changes = changes
  }

  /// How many tokens both begin with.
  package var equalTokens: Int { zip(plain.tokens, steered.tokens).prefix { $0 == $1 }.count }
}

/// A text with an answer, and the same text with another answer.
package struct CircuitPair: Equatable, Sendable {
  package var text: String
  package var corrupt: String
  /// Tokens by their exact text, spaces included, or as `#id`.
  package var answer: String
  package var other: String

  package init(text: String, corrupt: String, answer: String, other: String) {
    self.text = text
    self.corrupt = corrupt
    self.answer = answer
    self.other = other
  }
}

package struct CircuitRequest: Equatable, Sendable {
  package var pairs: [CircuitPair]
  /// Pairs on which the result is checked.
  package var heldOut: [CircuitPair]
  /// What other neurons are set to: `zero`, `mean` or `resample`.
  package var ablation: String
  /// The F that the circuit must keep.
  package var level: Double
  /// The share of pairs whose most probable token must stay. A single pair's must unless this is 0.
  package var sameAnswer: Double
  package var maximumNodes: Int
  /// When it is over, the search ends with what it has.
  package var maximumSeconds: Int

  package init(
    pairs: [CircuitPair], heldOut: [CircuitPair] = [], ablation: String = "resample", level: Double = 0.8,
    sameAnswer: Double = 0.8, maximumNodes: Int = 500, maximumSeconds: Int = 60
  ) {
    self.pairs = pairs
    self.heldOut = heldOut
    self.ablation = ablation
    self.level = level
    self.sameAnswer = sameAnswer
    self.maximumNodes = maximumNodes
    self.maximumSeconds = maximumSeconds
  }
}

package struct CircuitResult: Equatable, Sendable {
  package struct Member: Equatable, Sendable {
    package var neuron: NeuronID
    package var position: Int
    /// The token there in the first pair.
    package var token: String
    /// How much F falls without this member; nil if it was not measured.
    package var loss: Double?

    package init(neuron: NeuronID, position: Int, token: String, loss: Double?) {
      self.neuron = neuron
      self.position = position
      self.token = token
      self.loss = loss
    }
  }

  /// How the circuit does on some pairs.
  package struct Check: Equatable, Sendable {
    package var pairs: Int
    /// F of the circuit alone, and of the model without it.
    package var faithfulness: Double
    package var complement: Double
    /// Share of pairs whose most probable token is the whole model's.
    package var sameAnswer: Double

    package init(pairs: Int, faithfulness: Double, complement: Double, sameAnswer: Double) {
      self.pairs = pairs
      self.faithfulness = faithfulness
      self.complement = complement
      self.sameAnswer = sameAnswer
    }
  }

  package var members: [Member]
  package var found: Check
  package var heldOut: Check?
  /// All neurons at positions that the search could have taken.
  package var candidates: Int
  /// Pairs on which there is no behaviour to keep.
  package var pairsLeftOut: Int
  /// False if the time was over before the circuit was as small as the search makes it.
  package var isPruned: Bool

  package init(
    members: [Member], found: Check, heldOut: Check?, candidates: Int, pairsLeftOut: Int, isPruned: Bool
  ) {
    self.members = members
    self.found = found
    self.heldOut = heldOut
    self.candidates = candidates
    self.pairsLeftOut = pairsLeftOut
    self.isPruned = isPruned
  }
}
