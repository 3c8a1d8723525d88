// autointerp
// `FormMatching` cuts sentences so that their lengths and last words resemble those of other prompts.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// The form of a prompt, as far as a cut can imitate it.
struct PromptForm: Hashable, Sendable {
  var wordCount: Int
  /// In lower case.
  var lastWord: String
  var kind: Kind

  enum Kind: Hashable, Sendable {
    case word
    case number
    /// With a comma, a colon or a similar mark at its end.
    case marked
  }

  init(_ text: String) {
    let words = text.split(whereSeparator: \.isWhitespace)
    self.init(wordCount: words.count, last: words.last ?? "")
  }

  init(wordCount: Int, last: Substring) {
    self.wordCount = wordCount
    lastWord = last.lowercased()
    if let end = last.last, !end.isLetter, !end.isNumber {
      kind = .marked
    } else {
      kind = last.contains(where: \.isNumber) ? .number : .word
    }
  }
}

/// Gives every sentence the form of a prompt of another group.
///
/// 1. As many forms as there are sentences are taken from the domain, each about equally often. Both are shuffled.
/// 2. Forms are matched from the longest to the shortest, because only long sentences can be cut to long prompts.
/// 3. Each form takes, among the next free sentences, the one that a cut brings closest to it: first the same number of
///   words, then the same last word, then a word of the same kind.
/// 4. A sentence is only cut after a whole word, and at least two words stay.
///
/// The result depends only on the sentences, the forms and the seed.
struct FormMatching {
  private let forms: [PromptForm]
  private let commonWords: Set<String>
  private let seed: UInt64

  /// How many free sentences are compared with a form.
  private static let candidates = 200
  private static let fewestWords = 2
  /// "cuts" in ASCII, for a separate stream of random numbers.
  private static let stream: UInt64 = 0x6375_7473

  init(forms: [PromptForm], seed: UInt64) {
    self.forms = forms
    self.seed = seed
    var counts: [String: Int] = [:]
    for form in forms where form.kind == .word { counts[form.lastWord, default: 0] += 1 }
    // Words that end at least one prompt in fifty, such as "is", "the" and "of", are worth imitating.
    commonWords = Set(counts.filter { $0.value * 50 >= forms.count && $0.value > 1 }.keys)
  }

  /// Returns the sentences in their order, cut. A sentence that is too short for a cut only loses its final mark.
  func cut(_ sentences: [String]) -> [String] {
    var generator = SplitMix64(seed: seed ^ Self.stream)
    var cut = sentences.map(SentenceEnd.removed)
    let words = sentences.map { $0.split(whereSeparator: \.isWhitespace) }
    var free = generator.shuffled(Array(sentences.indices)).filter { words[$0].count > Self.fewestWords }
    guard !forms.isEmpty else { return halves(sentences, words, cut, &generator) }
    // The form of each sentence after every permitted cut.
    let looks = words.map { words in
      words.indices.dropFirst(Self.fewestWords - 1).dropLast().map { PromptForm(wordCount: $0 + 1, last: words[$0]) }
    }
    let order = generator.shuffled(forms)
    let wanted = free.indices.map { order[$0 * order.count / max(order.count, free.count) % order.count] }
    for form in wanted.sorted(by: { ($0.wordCount, $0.lastWord) > ($1.wordCount, $1.lastWord) }) {
      var best: (place: Int, words: Int, cost: Int)?
      for place in free.indices.prefix(Self.candidates) {
        let closest = closestCut(looks[free[place]], to: form)
        if closest.cost < best?.cost ?? .max { best = (place, closest.words, closest.cost) }
        if closest.cost == 0 { break }
      }
      guard let best else { break }
      let sentence = free[best.place]
      free.swapAt(best.place, free.count - 1)
      free.removeLast()
      cut[sentence] = Self.prefix(of: sentences[sentence], words: words[sentence], count: best.words)
    }
    return cut
  }

  /// Returns the number of words that brings a sentence closest to a form, and the remaining distance.
  private func closestCut(_ looks: [PromptForm], to form: PromptForm) -> (words: Int, cost: Int) {
    var best = (words: Self.fewestWords, cost: Int.max)
    for look in looks {
      let distance = abs(look.wordCount - form.wordCount) * Self.wordCost
      guard distance < best.cost else { continue }
      let cost = distance + endingCost(look, form)
      if cost < best.cost { best = (look.wordCount, cost) }
    }
    return best
  }

  /// Two words too many or too few cost as much as a different last word.
  private static let wordCost = 3

  private func endingCost(_ found: PromptForm, _ wanted: PromptForm) -> Int {
    guard found.kind == wanted.kind else { return 9 }
    if found.kind != .word || found.lastWord == wanted.lastWord { return 0 }
    // All rare last words count as equal.
    return !commonWords.contains(found.lastWord) && !commonWords.contains(wanted.lastWord) ? 0 : 7
  }

  /// Without forms to imitate, cuts each sentence before a word of its second half.
  private func halves(
    _ sentences: [String], _ words: [[Substring]], _ cut: [String], _ generator: inout SplitMix64
  ) -> [String] {
    sentences.indices.map { place in
      let count = words[place].count
      guard count > Self.fewestWords else { return cut[place] }
      let earliest = max(Self.fewestWords, count / 2)
      let kept = earliest + Int(generator.next() % UInt64(count - earliest))
      return Self.prefix(of: sentences[place], words: words[place], count: kept)
    }
  }

  /// Returns the sentence up to the end of word number `count`.
  private static func prefix(of sentence: String, words: [Substring], count: Int) -> String {
    String(sentence[..<words[count - 1].endIndex])
  }
}
