// autointerp
// `GroupBalanceTests` tests that `GroupBalance` warns about groups of different form and not about halves of one corpus.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Knowledge

@Suite struct GroupBalanceTests {
  @Test(arguments: [
    ("The capital of France is", EndingClass.functionWord, "is", 5),
    ("A sentence with an end.", .sentenceEnd, "end", 5),
    ("He said: \"No!\"", .sentenceEnd, "no", 3),
    ("The answer is:", .colon, "is", 3),
    ("Blood, sweat,", .punctuation, "sweat", 2),
    ("In the year 1492", .number, "1492", 4),
    ("Trisomy 21", .number, "21", 2),
    ("It is called Fabry", .word, "fabry", 4),
    ("これは最初の文章です。", .sentenceEnd, "これは最初の文章です", 1),
    ("", .punctuation, "", 0),
  ])
  func aShapeHasLengthAndEnding(text: String, ending: EndingClass, lastWord: String, words: Int) {
    let shape = PromptShape(text: text)
    #expect(shape.ending == ending)
    #expect(shape.lastWord == lastWord)
    #expect(shape.wordCount == words)
  }

  @Test func theAnswerPrefixIsWhatIsReadLast() {
    let shape = PromptShape(text: "What is the capital of France?", answerPrefix: " It is")
    #expect(shape.ending == .functionWord)
    #expect(shape.hasAnswerPrefix)
  }

  static let whole = (0..<20).map { PromptShape(text: "The river number \($0) flows into a lake of the north.") }
  static let cut = (0..<20).map { PromptShape(text: "The river number \($0) flows into a lake of the") }

  static let endsWithThe = #"100 % of the prompts of "domain" but 0 % of "baseline" end with "the""#
  static let endsWithFullStop = #"0 % of the prompts of "domain" but 100 % of "baseline" end with a full stop"#

  @Test func wholeAgainstCutSentencesWarn() {
    let balance = GroupBalance([("domain", Self.cut), ("baseline", Self.whole)])
    #expect(balance.warnings.contains { $0.text.hasPrefix(Self.endsWithThe) })
    #expect(balance.warnings.contains { $0.text.hasPrefix(Self.endsWithFullStop) })
    #expect(balance.warnings.contains { $0.text.contains("cannot be compared") })
    #expect(balance.warnings(between: "baseline", and: "domain") == balance.warnings)
    #expect(balance.warnings(between: "domain", and: "control").isEmpty)
    #expect(balance.groups[1].endings == [.sentenceEnd: 20])
    #expect(balance.groups[1].punctuated == 20)
    #expect(balance.groups[0].punctuated == 0)
  }

  @Test func groupsOfEqualFormDoNotWarn() {
    let balance = GroupBalance([("a", Array(Self.cut[..<10])), ("b", Array(Self.cut[10...]))])
    #expect(balance.warnings.isEmpty)
    #expect(balance.groups.map(\.promptCount) == [10, 10])
  }

  @Test func aCommonLastWordAndAnotherLengthWarnEachOnItsOwn() {
    let first = (0..<30).map { PromptShape(text: "This is what the thing \($0) is") }
    let second = (0..<30).map { PromptShape(text: "This is what the thing \($0) does of") }
    let texts = GroupBalance([("a", first), ("b", second)]).warnings.map(\.text)
    #expect(texts.contains { $0.contains("end with \"is\"") })
    #expect(texts.contains { $0.contains("words") })
  }

  @Test func fewPromptsDoNotWarn() {
    let balance = GroupBalance([
      ("a", [PromptShape(text: "One word")]), ("b", [PromptShape(text: "One sentence.")]), ("c", []),
    ])
    #expect(balance.warnings.isEmpty)
    #expect(balance.groups[2].wordQuartiles.isEmpty)
  }

  @Test func strataAreBlindToGroupsAndSplitByEndingAndLength() {
    let shapes = ["a b is", "a b c d e f is", "a b the", "one two three four five six 7", "a is", "b is"].map {
      PromptShape(text: $0)
    }
    let strata = PromptStrata(shapes)
    #expect(strata.numbers[0] == strata.numbers[4] || strata.names[strata.numbers[0]].hasPrefix("\"is\""))
    #expect(strata.names[strata.numbers[3]].hasPrefix("a number"))
    #expect(strata.numbers[0] != strata.numbers[1])
    #expect(PromptStrata([]).names.isEmpty)
  }
}
