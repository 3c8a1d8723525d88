// autointerp
// `ActivationReference` is a model's mean activations with a record of the prompts that they are over.
// SPDX-License-Identifier: Apache-2.0

/// Mean activations that are stored for later use, and what they are over.
package struct ActivationReference: Equatable, Sendable {
  package var modelFingerprint: String
  /// The template's kind, the corpus and its digest.
  package var template: String
  package var corpusName: String
  package var corpusDigest: String
  package var means: ActivationMeans

  package init(
    modelFingerprint: String, template: String, corpusName: String, corpusDigest: String, means: ActivationMeans
  ) {
    self.modelFingerprint = modelFingerprint
    self.template = template
    self.corpusName = corpusName
    self.corpusDigest = corpusDigest
    self.means = means
  }

  /// A description in one line.
  package var summary: String {
    "means over \(means.promptCount) prompts of \(corpusName) (template \(template)): first position, and the others "
      + "together"
  }
}
