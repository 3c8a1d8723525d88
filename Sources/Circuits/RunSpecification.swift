// autointerp
// What defines a run: one corpus, one model, one set of attribution settings.
// SPDX-License-Identifier: Apache-2.0

/// How prompts become model input, by name; the worker turns it into tokens.
package struct TemplateSpecification: Hashable, Sendable {
  /// `raw`, `chatml`, `llama3`, or a custom text with `{prompt}` and `{answer_prefix}`.
  package var name: String
  /// The system turn of chat templates; nil is the template's default, empty is none.
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
  /// What the answer is made to start with; empty for none.
  package var answerPrefix: String

  package init(origin: PromptOrigin, text: String, answerPrefix: String = "") {
    self.origin = origin
    self.text = text
    self.answerPrefix = answerPrefix
  }
}

/// What defines a run. Two submissions with equal specifications are the same run, and one resumes the other.
package struct RunSpecification: Equatable, Sendable {
  /// Unique in a coordinator, usable as a file name: corpus, model and a digest of everything below.
  package var name: String
  package var modelName: String
  /// Nil when the client has no model at hand: the first worker that takes a lease decides, and it is stored.
  package var modelFingerprint: String?
  package var template: TemplateSpecification
  package var settings: AttributionSettings
  /// Hexadecimal digest of the prompts in order.
  package var corpusDigest: String
  /// Name of the corpus for people, such as the file name without its extension.
  package var corpusName: String
  package var seed: UInt64
  /// Numbered by their place here.
  package var prompts: [RunPrompt]

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
