// autointerp
// `PromptShape` describes the form of a prompt and not its subject: its length and how it ends.
// SPDX-License-Identifier: Apache-2.0

/// What a prompt ends with. A prompt that is cut in mid-sentence and one that ends with a full stop use different neurons
/// whatever they are about, and so do one that ends with "is" and one that ends with a number.
package enum EndingClass: String, Hashable, Sendable, CaseIterable {
  /// `.`, `!`, `?`, `…`, also before closing quotes and brackets.
  case sentenceEnd = "sentence_end"
  case colon
  case punctuation
  case number
  /// A short word of grammar, such as "the", "is" or "of".
  case functionWord = "function_word"
  case word

  /// In words, as in "39 % of the prompts end with a function word".
  package var words: String {
    switch self {
    case .sentenceEnd: "a full stop or another end of a sentence"
    case .colon: "a colon"
    case .punctuation: "a comma or other punctuation"
    case .number: "a number"
    case .functionWord: "a function word"
    case .word: "another word"
    }
  }
}

/// The form of one prompt.
package struct PromptShape: Hashable, Sendable {
  /// The number of words, separated by white space.
  package let wordCount: Int
  /// The last word in lower case, without quotes and punctuation around it; empty if there is none.
  package let lastWord: String
  package let ending: EndingClass
  /// True if the answer is made to start with a given text.
  package let hasAnswerPrefix: Bool

  /// The shape of `text` with `answerPrefix` after it, which is what a model reads last.
  package init(text: String, answerPrefix: String = "") {
    let words = (answerPrefix.contains { !$0.isWhitespace } ? text + " " + answerPrefix : text).split(
      whereSeparator: \.isWhitespace)
    wordCount = words.count
    hasAnswerPrefix = !answerPrefix.isEmpty
    let last = words.last ?? ""
    lastWord = Self.bare(last)
    ending = Self.ending(of: last, bare: lastWord)
  }

  private static func bare(_ word: Substring) -> String {
    let isInside = { (character: Character) in character.isLetter || character.isNumber }
    guard let first = word.firstIndex(where: isInside), let last = word.lastIndex(where: isInside) else { return "" }
    return word[first...last].lowercased()
  }

  private static func ending(of word: Substring, bare: String) -> EndingClass {
    var rest = word
    while let last = rest.last, closers.contains(last) { rest.removeLast() }
    guard let last = rest.last else { return .punctuation }
    if sentenceEnds.contains(last) { return .sentenceEnd }
    if last == ":" || last == "：" { return .colon }
    guard last.isLetter || last.isNumber else { return .punctuation }
    if bare.contains(where: \.isNumber) { return .number }
    return functionWords.contains(bare) ? .functionWord : .word
  }

  private static let sentenceEnds: Set<Character> = [".", "!", "?", "…", "。", "！", "？"]
  private static let closers: Set<Character> = ["\"", "'", ")", "]", "”", "’", "»", "」"]

  /// Articles, forms of "be", "do" and "have", modal verbs, prepositions, conjunctions and pronouns of English.
  private static let functionWords: Set<String> = [
    "a", "an", "the", "this", "that", "these", "those", "its", "his", "her", "their", "our", "my", "your",
    "is", "are", "was", "were", "be", "been", "being", "am", "has", "have", "had", "do", "does", "did",
    "can", "could", "will", "would", "may", "might", "must", "shall", "should",
    "of", "in", "on", "at", "to", "for", "from", "with", "without", "by", "as", "about", "after", "before", "into",
    "onto",
    "over", "under", "between", "through", "during", "against", "among", "near", "within", "until", "since", "than",
    "off", "out", "up", "down", "per", "via",
    "and", "or", "but", "nor", "so", "if", "because", "while", "when", "where", "which", "who", "whom", "whose", "what",
    "how", "why", "whether", "though", "although",
    "i", "you", "he", "she", "it", "we", "they", "me", "him", "us", "them", "not", "no", "there", "then", "both",
    "either",
    "some", "any", "all", "each", "every", "such", "only", "also",
  ]
}
