// autointerp
// `RunSpecification` defines a run: one corpus, one model, one template and one set of attribution settings.
// SPDX-License-Identifier: Apache-2.0

/// Names the template that turns prompts into model input. The worker applies it.
package struct TemplateSpecification: Hashable, Sendable {
  /// `raw`, `chatml`, `llama3`, or a custom text with `{prompt}` and `{answer_prefix}`.
  package var name: String
  /// The system turn of chat templates. Nil means the model's default, an empty text means none.
  package var system: String?

  package init(name: String, system: String? = nil) {
    self.name = name
    self.system = system
  }
}

/// One prompt of a run.
package struct RunPrompt: Hashable, Sendable {
  package var origin: PromptOrigin
  package var text: String
  /// The text with which the answer begins; may be empty.
  package var answerPrefix: String
  /// What this prompt asks about. Nil means the run's metric.
  package var target: PromptTarget?

  package init(origin: PromptOrigin, text: String, answerPrefix: String = "", target: PromptTarget? = nil) {
    self.origin = origin
    self.text = text
    self.answerPrefix = answerPrefix
    self.target = target
  }
}

/// Defines a run. Two submissions with equal specifications are the same run: the second resumes the first.
package struct RunSpecification: Equatable, Sendable {
  /// Unique in a coordinator and usable as a file name: corpus, model and a digest of everything below.
  package var name: String
  package var modelName: String
  /// Nil if the client has no model. Then the first worker that takes a lease determines it, and it is stored.
  package var modelFingerprint: String?
  package var template: TemplateSpecification
  package var settings: AttributionSettings
  /// The hexadecimal digest of the prompts in order.
  package var corpusDigest: String
  /// The name of the corpus for people, such as the file name without its extension.
  package var corpusName: String
  package var seed: UInt64
  /// Numbered by their index.
  package var prompts: [RunPrompt]
  /// The share of prompts that a second key computes as well, 0 to 1. It does not decide the result.
  package var spotCheckShare = 0.0

  /// The groups of the prompts: `domain` and `baseline`, then the others in the order in which the prompts have them.
  package var groups: [PromptGroup] {
    var groups: [PromptGroup] = [.domain, .baseline]
    var known = Set(groups)
    for prompt in prompts where known.insert(prompt.origin).inserted { groups.append(prompt.origin) }
    return groups
  }

  package init(
    name: String, modelName: String, modelFingerprint: String?, template: TemplateSpecification,
    settings: AttributionSettings, corpusDigest: String, corpusName: String, seed: UInt64, prompts: [RunPrompt]
  ) {
    self.name = name
    self.modelName = modelName
    self.modelFingerprint = modelFingerprint
    self.template = template
    self.settings = settings
    self.corpusDigest = corpusDigest
    self.corpusName = corpusName
    self.seed = seed
    self.prompts = prompts
  }
}
