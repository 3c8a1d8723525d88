// autointerp
// `RunIndex.promptTokens` reads the tokens and predictions of all merged prompts at once.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// A merged prompt as the model read it, and what it predicted.
package struct PromptTokens: Equatable, Sendable {
  package var prompt: Int32
  package var group: String
  /// The texts of all tokens, in order.
  package var tokens: [String]
  /// The texts of the traced predictions, the most probable first.
  package var predictions: [String]

  package init(prompt: Int32, group: String, tokens: [String], predictions: [String]) {
    self.prompt = prompt
    self.group = group
    self.tokens = tokens
    self.predictions = predictions
  }
}

extension RunIndex {
  /// In order of the prompts.
  ///
  /// - Complexity: O(tokens of all prompts)
  package func promptTokens() throws -> [PromptTokens] {
    try read { db in
      func texts(_ sql: String) throws -> [Int32: [String]] {
        var found: [Int32: [String]] = [:]
        let rows = try Row.fetchCursor(db, sql: sql)
        while let row = try rows.next() { found[row[0], default: []].append(row[1]) }
        return found
      }
      let tokens = try texts(
        """
        SELECT prompt, coalesce(text, '#' || token) FROM prompt_token LEFT JOIN token USING (token) ORDER BY prompt, position
        """)
      let predictions = try texts(
        """
        SELECT prompt, coalesce(text, '#' || token) FROM prediction LEFT JOIN token USING (token)
        ORDER BY prompt, probability DESC, rank
        """)
      return try Row.fetchAll(db, sql: "SELECT prompt, group_name FROM prompt WHERE is_merged ORDER BY prompt").map {
        let prompt = $0[0] as Int32
        return PromptTokens(
          prompt: prompt, group: $0[1], tokens: tokens[prompt] ?? [], predictions: predictions[prompt] ?? [])
      }
    }
  }
}
