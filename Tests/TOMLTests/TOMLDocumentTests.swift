// autointerp
// `TOMLDocumentTests` tests which TOML texts are accepted, and that errors name the line.
// SPDX-License-Identifier: Apache-2.0

import TOML
import Testing

@Suite struct TOMLDocumentTests {
  private static func value(_ text: String) throws -> TOMLValue? {
    try TOMLDocument(parsing: "k = " + text).entries.first?.value
  }

  private static func error(_ text: String) -> TOMLError? {
    #expect(throws: TOMLError.self) { _ = try TOMLDocument(parsing: text) }
  }

  @Test func sectionsAndKeysHaveTheirLines() throws {
    let document = try TOMLDocument(
      parsing: "\u{FEFF}# first\nfree = 1 # one\r\n\n[ a ]\n\tx = 'y'\n[b-2_c]\nx = [\n]\ny = true")
    #expect(document.sections.map(\.name) == ["a", "b-2_c"])
    #expect(document.sections.map(\.line) == [4, 6])
    #expect(document.entries.map(\.section) == ["", "a", "b-2_c", "b-2_c"])
    #expect(document.entries.map(\.key) == ["free", "x", "x", "y"])
    #expect(document.entries.map(\.line) == [2, 5, 7, 9])
    #expect(document.entries.map(\.value) == [.integer(1), .string("y"), .strings([]), .boolean(true)])
  }

  @Test(arguments: ["", "\n", "# a comment", "\r\n# x\r\n", " \t"]) func aTextMayBeEmpty(text: String) throws {
    let document = try TOMLDocument(parsing: text)
    #expect(document.sections.isEmpty && document.entries.isEmpty)
  }

  @Test(arguments: [
    ("0", 0), ("-0", 0), ("+7", 7), ("-5", -5), ("20_000", 20_000), ("9223372036854775807", Int.max),
    ("-9223372036854775808", Int.min),
  ])
  func integers(text: String, expected: Int) throws { #expect(try Self.value(text) == .integer(expected)) }

  @Test(arguments: [("0.5", 0.5), ("-1.25e2", -125), ("1e-3", 0.001), ("1_0.0_1", 10.01), ("+2E+1", 20)])
  func numbers(text: String, expected: Double) throws { #expect(try Self.value(text) == .number(expected)) }

  @Test(arguments: [
    (#""a\t\"\\\u00E9\U0001F600""#, "a\t\"\\é😀"), (#"'C:\n # "x"'"#, #"C:\n # "x""#), ("\"\"", ""), ("''", ""),
    ("\"\"\"\na\r\n\"b\" \"\"c\"\"\"", "a\n\"b\" \"\"c"), ("'''\n'a'\\n''b'''''", "'a'\\n''b''"),
    ("\"\"\"a\\   \n\n  b\\\\\"\"\"", "ab\\"), ("\"\"\"\"\"\"", ""), ("\"\"\"\"\"\"\"\"", "\"\""),
    ("\"[x] = 1 # no comment\" # comment", "[x] = 1 # no comment"),
  ])
  func texts(text: String, expected: String) throws { #expect(try Self.value(text) == .string(expected)) }

  @Test func listsMayHaveLineEndsAndComments() throws {
    #expect(try Self.value("[\"a\",'b' , # c\n\n \"]\", # d\n]\n") == .strings(["a", "b", "]"]))
  }

  @Test(arguments: [
    ("[a]\nx = 1\n\n[a]", 4, "[a] occurs twice; the first is on line 1"),
    ("x = 1\nx = 2", 2, "\"x\" occurs twice; the first is on line 1"),
    ("[a\nx = 1", 1, "expected ] after [a, found the end of the line"),
    ("\n[", 2, "expected the name of a section after [, found the end of the file"),
    ("[!x]", 1, "expected the name of a section after [, found !"),
    ("[é]", 1, "expected the name of a section after [, found a character that is not ASCII"),
    ("[[a]]", 1, "lists of sections are not supported"),
    ("[a.b]", 1, "[a. ...]: sections inside sections are not supported"),
    ("a.b = 1", 1, "keys with dots are not supported: write [a] and the key below it"),
    ("\"a\" = 1", 1, "expected a key, a [section] or a comment, found \""),
    ("a 1", 1, "expected = after the key \"a\", found 1"),
    ("a", 1, "expected = after the key \"a\", found the end of the file"),
    ("a =\nb = 1", 1, "expected a value, found the end of the line"),
    ("a = {b = 1}", 1, "sections in braces are not supported"),
    ("a = 1 2", 1, "expected the end of the line, found 2"),
    ("a = 'b' c", 1, "expected the end of the line, found c"),
    ("[a] b = 1", 1, "expected the end of the line, found b"),
    ("a = 1979-05-27", 1, "1979-05-27 is not a value: expected a text in quotes"),
    ("\na = [1]", 2, "expected a text in quotes or ], found 1"),
    ("a = ['b'\n'c']", 2, "expected , or ] in the list, found '"),
    ("a = ['b',\n", 2, "expected a text in quotes or ], found the end of the file"),
    ("a = [}", 1, "expected a text in quotes or ], found }"),
    ("\na = \"b\nc = 1", 2, "the text that begins here does not end: expected \""),
    ("a = '''\n\n''", 1, "the text that begins here does not end: expected '''"),
    ("a = \"\\x\"", 1, "after a backslash, expected one of"),
    ("a = \"\"\"\n\\ x\"\"\"", 2, "after a backslash, expected one of"),
    ("a = \"\\u12\"", 1, "expected 4 hexadecimal digits of a character, found \""),
    ("a = \"\\uD800\"", 1, "\\uD800 is not a character"),
    ("a = '\u{7}'", 1, "a control character in a text"),
    ("# \u{0}", 1, "a control character in a comment"), ("# \u{7F}", 1, "a control character in a comment"),
    ("a = 1\rb = 2", 1, "expected the end of the line, found a carriage return without a line feed"),
  ])
  func errorsNameTheLineAndWhatWasExpected(text: String, line: Int, message: String) {
    let error = Self.error(text)
    #expect(error?.line == line)
    #expect(error?.message.hasPrefix(message) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    "01", "-", "+", "1_", "_1", "1__0", "1_.5", "1._5", "1_e3", "1e_3", "-_1", "1.", ".5", "1.e3", "1e", "0x10", "nan",
    "inf", "-inf", "1e999", "True", "yes",
    "9223372036854775808", "1,0", "--1", "1\u{A0}", "00.5",
  ])
  func otherWordsAreNoValues(word: String) {
    #expect(Self.error("a = \(word)")?.message.hasPrefix("\(word) is not a value") == true)
  }

  /// Time and stack do not grow with nesting, because nothing nests.
  @Test func deepBracketsAreRefusedAtOnce() {
    #expect(Self.error("a = " + String(repeating: "[", count: 1_000_000))?.line == 1)
  }
}
