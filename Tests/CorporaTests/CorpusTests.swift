// autointerp
// `CorpusTests` tests that `Corpus` draws reproducibly, balanced and without duplicates.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Corpora

@Suite struct CorpusTests {
  static func candidates(domain: Int, baseline: Int) -> [CorpusPrompt] {
    (0..<domain).map { CorpusPrompt(group: .domain, text: "d\($0)") }
      + (0..<baseline).map { CorpusPrompt(group: .baseline, text: "b\($0)") }
  }

  @Test(
    arguments: [
      (100, 100, 24, 12, 12),
      (100, 100, 7, 4, 3),
      (100, 2, 24, 22, 2),
      (3, 100, 24, 3, 21),
      (10, 5, 100, 10, 5),
      (10, 5, nil, 10, 5),
      (10, 0, 4, 4, 0),
      (10, 10, 0, 0, 0),
    ] as [(Int, Int, Int?, Int, Int)])
  func aLimitTakesHalfOfEachOriginAsFarAsTheyGo(
    domain: Int, baseline: Int, limit: Int?, drawnDomain: Int, drawnBaseline: Int
  ) {
    let corpus = Corpus(drawing: Self.candidates(domain: domain, baseline: baseline), limit: limit, seed: 1)
    #expect(corpus.prompts.count { $0.group == .domain } == drawnDomain)
    #expect(corpus.prompts.count { $0.group == .baseline } == drawnBaseline)
    #expect(Set(corpus.prompts).count == corpus.prompts.count)
  }

  @Test func aSeedDecidesTheDrawForGood() {
    let candidates = Self.candidates(domain: 20, baseline: 20)
    let corpus = Corpus(drawing: candidates, limit: 6, seed: 7)
    // Pinned, because runs of other versions and machines must resume.
    #expect(corpus.prompts.map(\.text) == Self.pinnedDraw)
    #expect(corpus.digest == Self.pinnedDigest)
    #expect(Corpus(drawing: candidates, limit: 6, seed: 8).prompts != corpus.prompts)
  }

  @Test func aSmallerLimitDrawsASubset() {
    let candidates = Self.candidates(domain: 50, baseline: 50)
    let small = Corpus(drawing: candidates, limit: 10, seed: 3)
    let large = Corpus(drawing: candidates, limit: 40, seed: 3)
    #expect(Set(small.prompts).isSubset(of: large.prompts))
  }

  @Test func everyPrefixOfARunIsBalanced() {
    let prompts = Corpus(drawing: Self.candidates(domain: 40, baseline: 20), limit: nil, seed: 5).prompts
    for end in 1...prompts.count {
      let domain = prompts[..<end].count { $0.group == .domain }
      #expect(abs(domain * 3 - end * 2) <= 3, "\(domain) of the first \(end)")
    }
  }

  @Test func duplicatesCountOnceAndAsDomain() {
    let corpus = Corpus(
      drawing: [
        CorpusPrompt(group: .baseline, text: "a"), CorpusPrompt(group: .domain, text: "a"),
        CorpusPrompt(group: .domain, text: "a"), CorpusPrompt(group: .domain, text: "a", answerPrefix: "x"),
      ], limit: nil, seed: 0)
    #expect(corpus.duplicateCount == 2)
    #expect(
      Set(corpus.prompts) == [
        CorpusPrompt(group: .domain, text: "a"), CorpusPrompt(group: .domain, text: "a", answerPrefix: "x"),
      ])
  }

  /// Swift's strings are equal then, but a tokenizer makes other tokens of them.
  @Test func otherEncodingsOfTheSameCharactersAreOtherPrompts() {
    let texts = ["caf\u{e9}", "cafe\u{301}"]
    #expect(texts[0] == texts[1])
    let corpus = Corpus(
      drawing: texts.map { CorpusPrompt(group: .domain, text: $0) }, limit: nil, seed: 0)
    #expect(corpus.duplicateCount == 0 && corpus.prompts.count == 2)
  }

  @Test func aLimitIsSharedAmongAllGroups() {
    let candidates =
      Self.candidates(domain: 50, baseline: 5)
      + (0..<50).map { CorpusPrompt(group: CorpusGroup("control"), text: "c\($0)") }
    let corpus = Corpus(drawing: candidates, limit: 25, seed: 4)
    #expect(corpus.prompts.count { $0.group == .domain } == 10)
    #expect(corpus.prompts.count { $0.group == .baseline } == 5)
    #expect(corpus.prompts.count { $0.group.name == "control" } == 10)
    // In proportion from the start.
    #expect(Set(corpus.prompts.prefix(3).map(\.group.name)) == ["domain", "baseline", "control"])
    let other = Corpus(drawing: Self.candidates(domain: 50, baseline: 0), limit: 10, seed: 4)
    #expect(other.prompts == corpus.prompts.filter { $0.group == .domain })
  }

  @Test func theDigestTellsFieldsApart() {
    func digest(_ prompt: CorpusPrompt) -> String { Corpus(drawing: [prompt], limit: nil, seed: 0).digest }
    let digests = [
      digest(CorpusPrompt(group: .domain, text: "ab", answerPrefix: "c")),
      digest(CorpusPrompt(group: .domain, text: "a", answerPrefix: "bc")),
      digest(CorpusPrompt(group: .baseline, text: "ab", answerPrefix: "c")),
      digest(CorpusPrompt(group: CorpusGroup("control"), text: "ab", answerPrefix: "c")),
    ]
    #expect(Set(digests).count == 4)
    #expect(digests.allSatisfy { $0.count == 64 })
  }

  static let pinnedDraw = ["d10", "b1", "d17", "b8", "d18", "b7"]
  /// Computed with Python's hashlib.blake2b from the prompts above.
  static let pinnedDigest = "c206b77ce3c37b0f263c7839a9d61292bdb25728a6499bd474b48386c19e73e4"
}
