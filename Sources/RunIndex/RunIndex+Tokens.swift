// autointerp
// `RunIndex.tokens` finds tokens by their text, and the tokens that a run or a neuron has most often.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

/// How often a neuron was selected at one token.
package struct NeuronToken: Equatable, Sendable {
  package var token: Int32
  package var text: String
  package var positions: Int
  package var meanActivation: Double
}

extension RunIndex {
  /// The ids of the tokens that a text means.
  ///
  /// Most tokens of words begin with a space that people leave out: `fever` means the tokens "fever" and " fever". A space in
  /// `text` is meant: ` fever` means " fever", and "fever" only if there is no such token. If no token has the text, small
  /// and capital letters count as equal.
  package func tokens(named text: String) throws -> [Int32] {
    let bare = text.drop { $0 == " " }
    let attempts = [
      bare.count == text.count ? [text, " \(text)"] : [text], ["\(bare)", " \(bare)"],
    ]
    return try read { db in
      func fetch(_ condition: String, _ texts: [String]) throws -> [Int32] {
        try Int32.fetchAll(
          db, sql: "SELECT token FROM token WHERE \(condition) ORDER BY token", arguments: StatementArguments(texts))
      }
      for texts in attempts {
        let found = try fetch(texts.map { _ in "text = ?" }.joined(separator: " OR "), texts)
        if !found.isEmpty { return found }
      }
      return try fetch("lower(trim(text)) = lower(trim(?))", [text])
    }
  }

  /// Tokens that begin like a text, or with which it begins: what a search that found nothing could have meant. The longest
  /// common beginnings come first.
  package func tokens(similarTo text: String, limit: Int) throws -> [String] {
    try read { db in
      try String.fetchAll(
        db,
        sql: """
          WITH wanted AS (SELECT lower(trim(?)) AS word), known AS (SELECT text, lower(trim(text)) AS word FROM token)
          SELECT text FROM known, wanted
          WHERE length(known.word) > 1 AND (substr(wanted.word, 1, length(known.word)) = known.word
            OR (length(wanted.word) > 1 AND substr(known.word, 1, length(wanted.word)) = wanted.word))
          ORDER BY min(length(known.word), length(wanted.word)) DESC, length(known.word), text LIMIT ?
          """, arguments: [text, limit])
    }
  }

  /// The tokens at which a neuron was selected, the most frequent first.
  package func tokens(of neuron: NeuronID, limit: Int) throws -> [NeuronToken] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT token, coalesce(text, '#' || token) AS text, count(*) AS positions, avg(activation) AS mean
          FROM occurrence JOIN prompt_token USING (prompt, position) LEFT JOIN token USING (token)
          WHERE node = ? GROUP BY token ORDER BY positions DESC, abs(mean) DESC, token LIMIT ?
          """, arguments: [Endpoint.neuron(neuron).stored, limit]
      ).map {
        NeuronToken(token: $0["token"], text: $0["text"], positions: $0["positions"], meanActivation: $0["mean"])
      }
    }
  }

  /// The tokens at which most places are.
  package func frequentTokens(limit: Int) throws -> [(text: String, count: Int)] {
    try texts(
      """
      SELECT coalesce(text, '#' || token), count(*) FROM occurrence JOIN prompt_token USING (prompt, position)
      LEFT JOIN token USING (token) GROUP BY token ORDER BY 2 DESC, token LIMIT ?
      """, limit)
  }

  /// The predictions that were traced in most prompts.
  package func frequentPredictions(limit: Int) throws -> [(text: String, count: Int)] {
    try texts(
      """
      SELECT coalesce(text, '#' || token), count(*) FROM prediction LEFT JOIN token USING (token)
      GROUP BY token ORDER BY 2 DESC, token LIMIT ?
      """, limit)
  }

  private func texts(_ sql: String, _ limit: Int) throws -> [(text: String, count: Int)] {
    try read { db in
      try Row.fetchAll(db, sql: sql, arguments: [limit]).map { (text: $0[0] as String, count: $0[1] as Int) }
    }
  }
}
