// autointerp
// `FirstSentenceTests` tests that `FirstSentence` finds sentences in web text.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Corpora

@Suite struct FirstSentenceTests {
  @Test(arguments: [
    ("The first sentence is here. The second too.", "The first sentence is here."),
    ("Well. But this sentence is long enough. Yes.", "But this sentence is long enough."),
    (
      "Dr. Smith met J. K. Jones at 3.5 miles, e.g. near the U.S. border. Then left.",
      "Dr. Smith met J. K. Jones at 3.5 miles, e.g. near the U.S. border."
    ),
    ("He said: \"That is really quite enough!\" Then he went.", "He said: \"That is really quite enough!\""),
    ("Home > About us and our company\nWe sell boats and nothing else. Call us.", "We sell boats and nothing else."),
    ("A heading long enough to be taken\nShort.", "A heading long enough to be taken"),
    ("  Is this the sentence you want?!  Maybe.", "Is this the sentence you want?!"),
    ("これは最初の文章であり、二十文字より長いです。次の文。", "これは最初の文章であり、二十文字より長いです。"),
    ("A line without a final mark  ", "A line without a final mark"),
  ])
  func theFirstFittingSentenceIsFound(text: String, sentence: String) {
    #expect(FirstSentence.find(in: text) == sentence)
  }

  @Test(arguments: ["", "Short.", " \n\t", String(repeating: "word ", count: 60) + "."])
  func textsWithoutAFittingSentenceGiveNone(text: String) {
    #expect(FirstSentence.find(in: text) == nil)
  }

  @Test(arguments: [(19, false), (20, true), (200, true), (201, false)])
  func lengthsAreCountedInCharacters(length: Int, fits: Bool) {
    let text = String(repeating: "é", count: length - 1) + "."
    #expect((FirstSentence.find(in: text) != nil) == fits)
  }
}
