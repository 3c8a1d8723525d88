// autointerp
// `PromptPair` is a prompt with an answer, and the same sentence with another answer.
// SPDX-License-Identifier: Apache-2.0

/// A minimal pair: two prompts that differ in what decides between two answers.
package struct PromptPair: Hashable, Sendable {
  package var text: String
  package var tokens: [Int32]
  package var corruptTokens: [Int32]
  /// What the prompt's answer is, and the corrupt prompt's.
  package var answer: Int32
  package var other: Int32
  /// Pairs of one template differ in words only.
  package var template: Int

  package init(
    text: String, tokens: [Int32], corruptTokens: [Int32], answer: Int32, other: Int32, template: Int = 0
  ) {
    self.text = text
    self.tokens = tokens
    self.corruptTokens = corruptTokens
    self.answer = answer
    self.other = other
    self.template = template
  }

  /// True if values of the corrupt prompt can stand in for the prompt's, position by position.
  package var isAligned: Bool { tokens.count == corruptTokens.count }
}
