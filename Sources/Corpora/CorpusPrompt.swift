// autointerp
// One prompt as a corpus file has it.
// SPDX-License-Identifier: Apache-2.0

/// Which side of the comparison a prompt belongs to.
package enum CorpusOrigin: UInt8, Hashable, Sendable, CaseIterable {
  /// The domain under study.
  case domain = 0
  /// Everyday text to compare it with.
  case baseline = 1
}

/// One prompt of a corpus.
package struct CorpusPrompt: Hashable, Sendable {
  package var origin: CorpusOrigin
  package var text: String
  /// What the answer is made to start with; empty for none.
  package var answerPrefix: String

  /// The most UTF-8 that a prompt's text or its answer prefix may have: far beyond every model's context, and what the
  /// frame that takes it to a worker may carry.
  package static let maximumBytes = 1 << 20

  package init(origin: CorpusOrigin, text: String, answerPrefix: String = "") {
    self.origin = origin
    self.text = text
    self.answerPrefix = answerPrefix
  }
}
