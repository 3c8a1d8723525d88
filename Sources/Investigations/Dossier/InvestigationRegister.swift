// autointerp
// `InvestigationRegister` writes down what an investigation asks before it measures anything.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON
internal import Platform

/// The run and the model that an investigation is about.
package struct InvestigationSource: Hashable, Sendable {
  package var run: String
  /// The digest of the run's results.
  package var resultsDigest: String
  package var modelName: String
  package var modelFingerprint: String

  package init(run: String, resultsDigest: String, modelName: String, modelFingerprint: String) {
    self.run = run
    self.resultsDigest = resultsDigest
    self.modelName = modelName
    self.modelFingerprint = modelFingerprint
  }
}

/// Hypotheses, predictions and every number that decides, with a digest. Changing any of them changes the digest, which
/// stands in the dossier.
package struct InvestigationRegister: Sendable {
  package let neuron: InvestigatedNeuron
  package let source: InvestigationSource
  package let rules: InvestigationRules
  package let seed: UInt64
  /// Prompts that the run has not seen.
  package let promptCount: Int
  /// Prompts that were given, those of the run included.
  package let givenCount: Int
  package let promptDigest: String
  /// The file.
  package let bytes: [UInt8]
  /// BLAKE2b-256 of the file, in hexadecimal.
  package let digest: String

  package init(
    neuron: InvestigatedNeuron, source: InvestigationSource, rules: InvestigationRules, seed: UInt64, promptCount: Int,
    givenCount: Int, promptDigest: String
  ) {
    self.neuron = neuron
    self.source = source
    self.rules = rules
    self.seed = seed
    self.promptCount = promptCount
    self.givenCount = givenCount
    self.promptDigest = promptDigest
    var json = JSONByteWriter()
    json.beginObject(lines: true)
    json.field("schema", "autointerp.investigation-register/1")
    json.field("protocol", InvestigationRules.name)
    json.field("neuron", "\(neuron.neuron)")
    json.field("run", source.run)
    json.field("results_digest", source.resultsDigest)
    json.field("model", source.modelName)
    json.field("model_fingerprint", source.modelFingerprint)
    json.field("seed", seed)
    json.field("unseen_prompts", promptCount)
    json.field("given_prompts", givenCount)
    json.field("prompts_digest", promptDigest)
    json.field("sign", neuron.reading.sign)
    json.field("read_at", neuron.reading.isLast ? "last" : "most_active")
    json.field("active_level", neuron.activeLevel)
    if let refused = neuron.refusedProposals { json.field("refused_proposals", refused) }
    json.key("rules")
    json.beginObject()
    for (name, value) in rules.list {
      json.key(named: name)
      json.value(value)
    }
    json.end()
    json.key("hypotheses")
    json.beginArray(lines: true)
    for (number, hypothesis) in neuron.hypotheses.enumerated() {
      json.beginObject()
      Self.write(hypothesis, number: number, neuron: neuron, rules: rules, to: &json)
      json.end()
    }
    json.end()
    json.end()
    bytes = json.bytes
    digest = Digest.of(json.bytes).hexadecimal
  }

  /// What is registered about one hypothesis, into an open object.
  static func write(
    _ hypothesis: Hypothesis, number: Int, neuron: InvestigatedNeuron, rules: InvestigationRules,
    to json: inout JSONByteWriter
  ) {
    json.field("id", "H\(number + 1)")
    json.field("kind", hypothesis.kind)
    json.field("statement", hypothesis.statement(neuron.neuron))
    json.field("basis", hypothesis.basis)
    json.field("prediction", hypothesis.prediction(neuron.neuron, rules))
    json.field("threshold", hypothesis.threshold(rules))
    json.field("chance", hypothesis.chance)
    json.field("unit", hypothesis.unit)
    json.field("causal", hypothesis.isCausal)
    json.field("direction", hypothesis.direction)
    if let proposer = hypothesis.proposer { json.field("proposed_by", proposer) }
    switch hypothesis.claim {
    case .detects(let tokens), .promotes(let tokens):
      json.key("tokens")
      json.beginArray()
      for token in tokens { json.value(token) }
      json.end()
    case .prefers(let group, let other):
      json.field("group", group)
      json.field("other_group", other)
    case .isDrivenBy(let other): json.field("source", "\(other)")
    case .drives(let other):
      json.field("target", "\(other)")
      json.field("target_sign", neuron.targets[other]?.sign ?? 0)
      json.field("target_read_at", neuron.targets[other]?.isLast == true ? "last" : "most_active")
    case .matters: break
    }
  }
}
