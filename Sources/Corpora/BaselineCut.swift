// autointerp
// `BaselineCut` cuts prompts of other groups so that they stop in mid-sentence like those of the domain.
// SPDX-License-Identifier: Apache-2.0

/// Says whether sentences of the groups that the domain is compared with are cut in mid-sentence.
///
/// Otherwise a neuron's specificity measures that some prompts end with a full stop and others do not.
package enum BaselineCut: String, Sendable, CaseIterable {
  /// Cuts sentences that come from running text, if most domain prompts do not end a sentence.
  case auto
  /// Cuts all prompts that end a sentence.
  case midSentence = "mid-sentence"
  /// Cuts nothing.
  case none

  /// The outcome of a cut.
  package struct Result: Equatable, Sendable {
    package var prompts: [CorpusPrompt]
    /// How many prompts were cut.
    package var cutCount: Int
  }

  /// Returns the same prompts in the same order, with those of other groups than `domain` cut as this case says.
  /// Prompts that already stop in mid-sentence do not change.
  ///
  /// - Parameters:
  ///   - prompts: the prompts of all groups.
  ///   - seed: decides which sentence takes its form from which domain prompt.
  /// - Returns: as many prompts as were given.
  /// - Complexity: O(prompts), with some hundred steps each
  package func apply(to prompts: [CorpusPrompt], seed: UInt64) -> Result {
    let domain = prompts.filter { $0.group == .domain }
    let wholeDomainPrompts = domain.count { SentenceEnd.isEnd(of: $0.text) }
    var places: [Int] = []
    switch self {
    case .none: break
    case .auto:
      guard !domain.isEmpty, 2 * wholeDomainPrompts < domain.count else { break }
      places = prompts.indices.filter { isWhole(prompts[$0]) && prompts[$0].isRunningText }
    case .midSentence:
      places = prompts.indices.filter { isWhole(prompts[$0]) }
    }
    guard !places.isEmpty else { return Result(prompts: prompts, cutCount: 0) }
    let forms = domain.filter { !SentenceEnd.isEnd(of: $0.text) }.map { PromptForm($0.text) }
    let cut = FormMatching(forms: forms, seed: seed).cut(places.map { prompts[$0].text })
    var result = prompts
    for (place, text) in zip(places, cut) { result[place].text = text }
    return Result(prompts: result, cutCount: zip(places, cut).count { prompts[$0].text != $1 })
  }

  /// True if a prompt of another group ends a sentence and would be cut. With an answer prefix the model does not
  /// continue the end of the prompt, so such a prompt is not cut.
  private func isWhole(_ prompt: CorpusPrompt) -> Bool {
    prompt.group != .domain && prompt.answerPrefix.isEmpty && SentenceEnd.isEnd(of: prompt.text)
  }
}

/// Recognises the end of a sentence.
enum SentenceEnd {
  static let marks: Set<Character> = [".", "!", "?", "…", "。", "！", "？"]
  static let closers: Set<Character> = ["\"", "'", ")", "]", "”", "’", "»", "」"]

  /// True if the last character, apart from white space, quotes and brackets, ends a sentence.
  static func isEnd(of text: some StringProtocol) -> Bool {
    text.last { !$0.isWhitespace && !closers.contains($0) }.map(marks.contains) ?? false
  }

  /// Returns the text without the marks at its end.
  static func removed(from text: String) -> String {
    var rest = Substring(text)
    while let last = rest.last, last.isWhitespace || marks.contains(last) || closers.contains(last) {
      rest.removeLast()
    }
    return String(rest)
  }
}
