// autointerp
// `PreTokenizerTests` tests that `PreTokenizer` cuts words like the published patterns, and sorts characters like them.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Checkpoints

struct PreTokenizerTests {
  private func words(_ text: String, _ preTokenizer: PreTokenizer) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      var words: [String] = []
      preTokenizer.forEachWord(in: TextView(bytes: bytes), 0..<bytes.count) {
        words.append(String(decoding: bytes[$0], as: UTF8.self))
      }
      return words
    }
  }

  @Test(arguments: [
    (PreTokenizer.gpt2, "I'll  go\n", ["I", "'ll", " ", " go", "\n"]),
    (.gpt2, "I'LL x'sy", ["I", "'", "LL", " x", "'s", "y"]),
    (.gpt2, " 1997½a!? b", [" 1997½", "a", "!?", " b"]),
    (.gpt2, "a   ", ["a", "   "]),
    (.gpt2, "a\t b", ["a", "\t", " b"]),
    (.gpt2, "a\u{3000}\u{3000}b", ["a", "\u{3000}", "\u{3000}", "b"]),
    (.smollm, "  10  20a", ["  ", "1", "0", "  ", "2", "0", "a"]),
    (.smollm, "½٣x", ["½", "٣", "x"]),
    (.llama3, "I'LL 12345 x", ["I", "'LL", " ", "123", "45", " x"]),
    (.llama3, "(abc)\n\n x", ["(abc", ")\n\n", " x"]),
    (.llama3, "a \n \n  b", ["a", " \n \n", " ", " b"]),
    (.llama3, "\tx\u{A0}y", ["\tx", "\u{A0}y"]),
    (.llama3, "'\u{17F}a", ["'\u{17F}", "a"]),
    (.llama3, " !?\r\nx", [" !?\r\n", "x"]),
    (.qwen2, "x12 3", ["x", "1", "2", " ", "3"]),
    (.none, "a b", ["a b"]),
    (.metaspace, "▁a▁▁b", ["▁a", "▁", "▁b"]),
  ])
  func textIsCutAsThePatternCutsIt(preTokenizer: PreTokenizer, text: String, expected: [String]) {
    #expect(words(text, preTokenizer) == expected)
  }

  @Test(arguments: [PreTokenizer.gpt2, .smollm, .llama3, .qwen2, .none, .metaspace])
  func wordsAreTheTextCutUp(preTokenizer: PreTokenizer) {
    let scalars = "aZ9½é日 \n\r\t'sſ!.-\u{301}\u{A0}\u{2581}\u{0}🙂".unicodeScalars.map { String($0) }
    for first in scalars {
      for second in scalars {
        for third in scalars {
          let text = first + second + third
          let words = words(text, preTokenizer)
          #expect(words.joined().utf8.elementsEqual(text.utf8))
          #expect(!words.contains(""))
        }
      }
    }
  }

  @Test(arguments: [
    ("a", ScalarClass.letter), ("é", .letter), ("日", .letter), ("ª", .letter), ("ー", .letter), ("7", .number),
    ("½", .number), ("Ⅷ", .number), ("٣", .number), (" ", .space), ("\n", .space), ("\u{85}", .space),
    ("\u{2028}", .space),
    ("\u{200B}", .other), ("\u{301}", .other), ("_", .other), ("\u{0}", .other), ("\u{180E}", .other), ("🙂", .other),
    // New in Unicode 17, which the reference's patterns do not know.
    ("\u{88F}", .other), ("\u{11DE0}", .other),
  ])
  func characterHasTheClassThatTheReferenceGivesIt(text: String, expected: ScalarClass) throws {
    let scalar = try #require(text.unicodeScalars.first)
    #expect(ScalarClass.of(scalar.value) == expected)
    #expect(ScalarClass(scalar) == expected)
  }

  @Test func digitsOfNewScriptsAreSplitAllTheSame() {
    #expect(ScalarClass.isSplitDigit(0x11DE0))
    #expect(!ScalarClass.isSplitDigit(0x61))
  }
}
