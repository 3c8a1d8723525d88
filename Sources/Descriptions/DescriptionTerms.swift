// autointerp
// `DescriptionTerms` says by which words a description and a prompt are compared.
// SPDX-License-Identifier: Apache-2.0

package import Labels
internal import Platform
package import RunIndex

/// Terms: tokens and words without the spaces around them, in small letters.
package enum DescriptionTerms {
  /// The marks around tokens in descriptions. Tokens may hold any others.
  package static let quotes: (open: Character, close: Character) = ("“", "”")

  /// What a token is compared by; nil if it is only space, cannot be quoted, or has control characters.
  package static func term(_ token: String) -> String? {
    let bare = token.drop(while: \.isWhitespace)
    guard let end = bare.lastIndex(where: { !$0.isWhitespace }) else { return nil }
    let term = bare[...end].lowercased()
    return term.contains(quotes.open) || term.contains(quotes.close) || term != term.harmless ? nil : term
  }

  /// The distinct terms of a label's text, in order: what stands between “ and ”. A label without such quotes, which only
  /// people and databases write, is all its words.
  package static func terms(of label: NeuronLabel) -> [String] {
    let quoted = quoted(label.text)
    if !quoted.isEmpty || label.source == NeuronLabel.machine { return unique(quoted) }
    return unique(words(label.text))
  }

  /// All terms of a prompt with its predictions: tokens, and the words that they spell.
  package static func terms(of prompt: PromptTokens) -> Set<String> {
    Set(prompt.tokens.compactMap(term)).union(prompt.predictions.compactMap(term))
      .union(words(prompt.tokens.joined()))
  }

  private static func words(_ text: String) -> [String] {
    text.split { !$0.isLetter && !$0.isNumber }.map { $0.lowercased() }
  }

  private static func quoted(_ text: String) -> [String] {
    text.split(separator: quotes.open, omittingEmptySubsequences: false).dropFirst().compactMap { piece in
      piece.firstIndex(of: quotes.close).flatMap { term(String(piece[..<$0])) }
    }
  }

  static func unique(_ terms: [String]) -> [String] {
    var seen: Set<String> = []
    return terms.filter { seen.insert($0).inserted }
  }
}
