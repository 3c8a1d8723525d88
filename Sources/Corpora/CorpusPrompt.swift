// autointerp
// `CorpusPrompt` is one prompt of a corpus file; `CorpusGroup` is the named set of prompts to which it belongs.
// SPDX-License-Identifier: Apache-2.0

/// A named set of prompts that is compared with others.
package struct CorpusGroup: Hashable, Sendable {
  package let name: String

  package init(_ name: String) { self.name = name }

  /// The domain under study.
  package static let domain = CorpusGroup("domain")
  /// Everyday text to compare the domain with.
  package static let baseline = CorpusGroup("baseline")
}

/// One prompt of a corpus.
package struct CorpusPrompt: Hashable, Sendable {
  package var group: CorpusGroup
  package var text: String
  /// The text with which the answer begins; may be empty.
  package var answerPrefix: String
  /// True if the text is a sentence from running text and was not written as a prompt.
  package var isRunningText: Bool
  /// The tokens that this prompt asks about, as text or `#id`; empty for the run's metric.
  package var targetTokens: [String]
  /// Two tokens whose logits this prompt compares; empty for none.
  package var contrast: [String]

  /// The most UTF-8 bytes of a prompt's text or of its answer prefix. This is far beyond the context of any model and
  /// fits into the frame that carries a prompt to a worker.
  package static let maximumBytes = 1 << 20

  package init(
    group: CorpusGroup, text: String, answerPrefix: String = "", isRunningText: Bool = false,
    targetTokens: [String] = [], contrast: [String] = []
  ) {
    self.group = group
    self.text = text
    self.answerPrefix = answerPrefix
    self.isRunningText = isRunningText
    self.targetTokens = targetTokens
    self.contrast = contrast
  }
}
