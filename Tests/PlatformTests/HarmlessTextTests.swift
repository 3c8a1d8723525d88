// autointerp
// `HarmlessTextTests` tests that `String.harmless` removes everything that could harm a log or a terminal.
// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@Suite struct HarmlessTextTests {
  @Test(arguments: [
    ("plain text (é, 漢, 🙂)", "plain text (é, 漢, 🙂)"), ("a\nb\r\tc", "a b  c"), ("\u{1B}[31mred", "\u{FFFD}[31mred"),
    ("\u{202E}live", "\u{FFFD}live"), ("a\u{2028}b\u{85}c\u{7F}", "a\u{FFFD}b\u{FFFD}c\u{FFFD}"), ("", ""),
  ])
  func whatCouldBeginALineOrMoveACursorIsReplaced(text: String, harmless: String) {
    #expect(text.harmless == harmless)
    #expect(harmless.harmless == harmless)
  }

  @Test func longTextIsCutBetweenCharacters() {
    #expect("abcdef".harmless(maximumBytes: 6) == "abcdef")
    #expect("abcdefg".harmless(maximumBytes: 6) == "abc…")
    #expect("ééé\n".harmless(maximumBytes: 6) == "é…")
    #expect(String(repeating: "🙂", count: 9).harmless(maximumBytes: 10).utf8.count <= 10)
  }

  @Test(arguments: [
    ("fever", "\"fever\""), ("a \"b\"", "\"a 'b'\""), ("a\"\u{301} b", "\"a'\u{301} b\""),
    ("a\u{1B}\nb", "\"a\u{FFFD} b\""),
  ])
  func nothingInAQuotationEndsIt(text: String, quoted: String) {
    #expect(Array(text.quoted(maximumBytes: 40).unicodeScalars) == Array(quoted.unicodeScalars))
  }
}
