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

  package init(origin: CorpusOrigin, text: String, answerPrefix: String = "") {
    self.origin = origin
    self.text = text
    self.answerPrefix = answerPrefix
  }
}
