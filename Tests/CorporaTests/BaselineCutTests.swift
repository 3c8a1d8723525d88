// autointerp
// `BaselineCutTests` tests that `BaselineCut` gives sentences the lengths and last words of domain prompts, and no more.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Corpora

@Suite struct BaselineCutTests {
  static let corpora = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "scripts/corpora")

  static func read(_ name: String, _ group: CorpusGroup) throws -> [CorpusPrompt] {
    try PromptFile(path: corpora.appending(path: name).path, group: group).prompts
  }

  static func words(_ text: String) -> [Substring] { text.split(separator: " ") }

  @Test func theShippedBaselineTakesTheFormOfTheMedicalPrompts() throws {
    let domain = try Self.read("medical.yaml", .domain)
    let result = try BaselineCut.auto.apply(to: domain + Self.read("baseline.txt", .baseline), seed: 0)
    let cut = result.prompts.filter { $0.group == .baseline }.map(\.text)
    #expect(result.cutCount == cut.count)
    #expect(cut.allSatisfy { !SentenceEnd.isEnd(of: $0) })
    func share(_ texts: [String], _ test: ([Substring]) -> Bool) -> Double {
      Double(texts.count { test(Self.words($0)) }) / Double(texts.count)
    }
    let texts = domain.map(\.text)
    // Quartiles of the length and the most frequent last words, as shares of the prompts.
    for longest in [7, 9, 11] {
      #expect(abs(share(cut) { $0.count <= longest } - share(texts) { $0.count <= longest }) < 0.06)
    }
    // "is" is too rare in the baseline, which is mostly written in the past tense.
    for word in ["the", "of"] {
      #expect(abs(share(cut) { $0.last ?? "" == word } - share(texts) { $0.last ?? "" == word }) < 0.1, "\(word)")
    }
  }

  @Test func aCutIsTheBeginningOfTheSentenceUpToAWord() throws {
    let baseline = try Self.read("baseline.txt", .baseline)
    let result = try BaselineCut.auto.apply(to: Self.read("medical.yaml", .domain) + baseline, seed: 3)
    for (before, after) in zip(baseline, result.prompts.suffix(baseline.count)) {
      #expect(before.text.hasPrefix(after.text))
      #expect(Self.words(before.text).starts(with: Self.words(after.text).dropLast()))
      #expect(Self.words(after.text).count >= 2)
      #expect(after.text.last?.isWhitespace == false)
    }
  }

  @Test func theSeedDecides() {
    let prompts = Self.domain + Self.sentences
    let cut = BaselineCut.auto.apply(to: prompts, seed: 1)
    #expect(BaselineCut.auto.apply(to: prompts, seed: 1) == cut)
    #expect(BaselineCut.auto.apply(to: prompts, seed: 2) != cut)
  }

  static let domain = [
    "The capital of France is", "The color of the sky on a clear day is the", "Water boils at",
    "He was born in the year of",
  ].map { CorpusPrompt(group: .domain, text: $0) }
  static let sentences = (0..<40).map {
    CorpusPrompt(
      group: .baseline,
      text: "Number \($0) is one of the many sentences that are in the list of this test for the cut.",
      isRunningText: true)
  }

  @Test func onlySentencesOutOfRunningTextAreCutOnTheirOwn() {
    let others = [
      CorpusPrompt(group: .baseline, text: "This stops in the middle of", isRunningText: true),
      CorpusPrompt(group: .baseline, text: "A prompt that someone wrote this way."),
      CorpusPrompt(group: CorpusGroup("control"), text: "What is the capital of France?", answerPrefix: " It is"),
    ]
    let result = BaselineCut.auto.apply(to: Self.domain + others, seed: 0)
    #expect(result.prompts == Self.domain + others)
    #expect(result.cutCount == 0)
    let all = BaselineCut.midSentence.apply(to: Self.domain + others, seed: 0)
    #expect(all.cutCount == 1)
    #expect(all.prompts[Self.domain.count + 1].text != others[1].text)
    #expect(BaselineCut.none.apply(to: Self.domain + Self.sentences, seed: 0).cutCount == 0)
  }

  @Test func wholeDomainPromptsLeaveTheBaselineWhole() {
    let domain = [
      CorpusPrompt(group: .domain, text: "A whole sentence."), CorpusPrompt(group: .domain, text: "Another one!\""),
    ]
    #expect(BaselineCut.auto.apply(to: domain + Self.sentences, seed: 0).cutCount == 0)
    // Cut on request, without a domain prompt whose form could be used.
    let forced = BaselineCut.midSentence.apply(to: domain + Self.sentences, seed: 0)
    #expect(forced.cutCount == Self.sentences.count)
    #expect(forced.prompts.suffix(40).allSatisfy { !SentenceEnd.isEnd(of: $0.text) })
  }

  /// Most domain prompts must stop in mid-sentence; half of them is not most.
  @Test(arguments: [(1, 0), (2, 40), (3, 0)]) func halfOfTheDomainDecides(cut: Int, expected: Int) {
    let whole = ["A whole sentence.", "Another one!"].map { CorpusPrompt(group: .domain, text: $0) }
    let domain = Array(whole.prefix(cut == 1 ? 1 : 2)) + Self.domain.prefix(cut == 2 ? 3 : cut == 3 ? 2 : 1)
    #expect(BaselineCut.auto.apply(to: domain + Self.sentences, seed: 0).cutCount == expected)
  }

  @Test func aSentenceWithoutRoomOnlyLosesItsMark() {
    let prompts = Self.domain + [CorpusPrompt(group: .baseline, text: "これは最初の文章です。", isRunningText: true)]
    #expect(BaselineCut.auto.apply(to: prompts, seed: 0).prompts.last?.text == "これは最初の文章です")
  }
}
