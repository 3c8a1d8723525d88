// autointerp
// `JSONParserTests` tests what the strict JSON parser reads, what it refuses, and which offset its errors name.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Platform
import Testing

@Suite struct JSONParserTests {
  private func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

  private func parse(bytes: [UInt8]) throws(JSONError) -> JSONValue { try JSONValue(parsing: bytes) }

  /// What `body` throws, or nil when it does not.
  private func refusal(_ body: () throws(JSONError) -> JSONValue) -> JSONError? {
    do throws(JSONError) {
      _ = try body()
      return nil
    } catch {
      return error
    }
  }

  @Test(
    arguments: [
      ("null", .null), (" true\n", .boolean(true)), ("false", .boolean(false)), ("0", .integer(0)), ("-0", .integer(0)),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number(9.223372036854775808e18)), ("1e-05", .number(1e-05)), ("1E+2", .number(100)),
      ("-2.50", .number(-2.5)), ("\"\"", .string("")), ("\"a\\n\\\"\\\\\\/\\u00e9\"", .string("a\n\"\\/é")),
      ("\"\\ud83d\\ude00 😀\"", .string("😀 😀")), ("[]", .array([])),
      ("[ 1 , [2] ]", .array([.integer(1), .array([.integer(2)])])),
    ] as [(String, JSONValue)])
  func valuesAreRead(text: String, value: JSONValue) throws {
    #expect(try parse(text) == value)
  }

  @Test func objectsKeepTheirOrder() throws {
    let object = try #require(try parse(#"{"b": 1, "a": {"c": null}}"#).object)
    #expect(object.members.map(\.key) == ["b", "a"])
    #expect(object["a"]?.object?["c"] == .null)
    #expect(object["c"] == nil)
  }

  /// Composed and decomposed text, which Swift's strings treat as equal, are two keys.
  @Test func keysAreComparedByScalars() throws {
    let object = try #require(try parse("{\"\u{E9}\": 1, \"e\u{301}\": 2}").object)
    #expect(object["\u{E9}"] == .integer(1))
    #expect(object["e\u{301}"] == .integer(2))
  }

  @Test(arguments: [
    ("", 0), ("  ", 2), ("nul", 0), ("True", 0), ("01", 0), ("-", 0), ("1.", 0), (".5", 0), ("1e", 0), ("+1", 0),
    ("1e999", 0), ("NaN", 0), ("[1,]", 3), ("[1 2]", 3), ("[", 1), ("{", 1), ("{\"a\"}", 4), ("{\"a\":1,}", 7),
    ("{a:1}", 1), ("{\"a\":1 \"b\":2}", 7), ("\"abc", 4), ("\"a\nb\"", 2), ("\"\\x\"", 2), ("\"\\u12g4\"", 5),
    ("\"\\ud800\"", 7), ("\"\\ud800\\u0041\"", 13), ("\"\\udc00\"", 7), ("1 2", 2), ("// c\n1", 0),
    ("{\"a\":1,\"a\":2}", 7),
  ])
  func malformedTextIsRefusedWithItsOffset(text: String, offset: Int) throws {
    #expect(refusal { () throws(JSONError) in try parse(text) }?.offset == offset)
  }

  @Test func invalidUTF8IsRefused() throws {
    #expect(refusal { () throws(JSONError) in try parse(bytes: [0x22, 0xC3, 0x28, 0x22]) } != nil)
    #expect(refusal { () throws(JSONError) in try parse(bytes: [0x22, 0x5C, 0x6E, 0xFF, 0x22]) } != nil)
  }

  @Test func deepNestingIsRefused() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(refusal { () throws(JSONError) in try parse(deep) }?.problem.contains("deep") == true)
    _ = try parse(String(repeating: "[", count: 60) + String(repeating: "]", count: 60))
  }

  @Test(arguments: [(64, true), (65, false)]) func sixtyFourLevelsAreTheLimit(levels: Int, isRead: Bool) {
    let text = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    #expect((refusal { () throws(JSONError) in try parse(text) } == nil) == isRead)
  }

  @Test(arguments: [(400, true), (401, false)]) func fourHundredDigitsAreTheLimit(count: Int, isRead: Bool) {
    let text = "0." + String(repeating: "1", count: count - 2)
    #expect((refusal { () throws(JSONError) in try parse(text) } == nil) == isRead)
  }

  /// After an escape, strings are read in another loop.
  @Test(arguments: [0, 1, 0x09, 0x0A, 0x10, 0x1F] as [UInt8]) func controlCharactersAreRefusedAfterAnEscapeToo(
    byte: UInt8
  ) {
    for before in [Array("\"a".utf8), Array("\"\\n".utf8)] {
      let found = refusal { () throws(JSONError) in try parse(bytes: before + [byte, UInt8(ascii: "\"")]) }
      #expect(found?.offset == before.count)
    }
  }

  /// Foundation's parser is the oracle for texts that both must accept.
  @Test func agreesWithFoundationOnRandomValues() throws {
    var generator = SplitMix64(seed: 4)
    for _ in 0..<300 {
      let value = randomValue(depth: 0, &generator)
      let data = try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)
      #expect(matches(try parse(bytes: Array(data)), value))
    }
  }

  private func randomValue(depth: Int, _ generator: inout SplitMix64) -> Any {
    switch Int.random(in: 0..<(depth < 4 ? 6 : 4), using: &generator) {
    case 0: return Int.random(in: .min ... .max, using: &generator)
    case 1: return Double(Int.random(in: -1000...1000, using: &generator)) + 0.5
    case 2: return NSNull()
    case 3:
      let scalars = (0..<5).map { _ in
        Unicode.Scalar(UInt32.random(in: 1...0x2FFF, using: &generator)).map(String.init) ?? "?"
      }
      return scalars.joined()
    case 4: return (0..<3).map { _ in randomValue(depth: depth + 1, &generator) }
    default:
      let keys = (0..<3).map { "key\($0)" }
      return Dictionary(uniqueKeysWithValues: keys.map { ($0, randomValue(depth: depth + 1, &generator)) })
    }
  }

  private func matches(_ value: JSONValue, _ other: Any) -> Bool {
    switch (value, other) {
    case (.integer(let left), let right as Int): left == right
    case (.number(let left), let right as Double): left == right
    case (.null, is NSNull): true
    case (.string(let left), let right as String): left.utf8.elementsEqual(right.utf8)
    case (.array(let left), let right as [Any]): left.count == right.count && zip(left, right).allSatisfy(matches)
    case (.object(let left), let right as [String: Any]):
      left.members.count == right.count && left.members.allSatisfy { matches($0.value, right[$0.key] ?? 0) }
    default: false
    }
  }
}
