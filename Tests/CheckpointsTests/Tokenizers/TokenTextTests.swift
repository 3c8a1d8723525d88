// autointerp
// `TokenTextTests` tests how tokens are shown to people, and how people name them.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Checkpoints

struct TokenTextTests {
  @Test(arguments: [
    ([0xE2], "<0xE2>"), ([0xE2, 0x96], "<0xE2><0x96>"), ([0xE2, 0x96, 0x81], "▁"),
    ([0x20, 0xF0, 0x9F], " <0xF0><0x9F>"),
    ([0x80, 0x61], "<0x80>a"), ([0xC0, 0x80], "<0xC0><0x80>"), ([0xED, 0xA0, 0x80], "<0xED><0xA0><0x80>"),
    ([0x61, 0xCC, 0x81, 0xFF], "a\u{301}<0xFF>"), ([0x0A], "\n"), ([], ""), ([0x0D, 0x0A, 0xE2], "\r\n<0xE2>"),
    ([0xF4, 0x90, 0x80, 0x80], "<0xF4><0x90><0x80><0x80>"),
  ])
  func bytesThatAreNoCharactersAreShownAsBytes(bytes: [UInt8], text: String) {
    #expect(Tokenizer.displayText(bytes).utf8.elementsEqual(text.utf8))
  }

  @Test(arguments: ["gpt2", "llama2"]) func everyIDHasAText(name: String) throws {
    let tokenizer = try TokenizerFixture(name).tokenizer()
    for id in -2..<Int32(tokenizer.vocabularySize + 2) {
      let isToken = id >= 0 && id < tokenizer.vocabularySize
      #expect(tokenizer.displayText(of: id).isEmpty == false)
      #expect(tokenizer.bytes(of: id).isEmpty == !isToken)
    }
    #expect(tokenizer.displayText(of: -1) == "#-1")
    #expect(tokenizer.displayText(of: .max) == "#2147483647")
    #expect(tokenizer.decode([.min, -1, .max]) == "")
  }

  @Test func byteTokensOfSentencePieceAreTheirBytes() throws {
    let tokenizer = try TokenizerFixture("llama2").tokenizer()
    let ids = tokenizer.encode("\u{1FAE0}", special: .parsed)
    #expect(ids.map { tokenizer.displayText(of: $0) } == [" ", "<0xF0>", "<0x9F>", "<0xAB>", "<0xA0>"])
    #expect(tokenizer.decode(ids) == "\u{1FAE0}")
  }

  @Test(arguments: ["gpt2", "llama2"]) func tokenIsFoundByItsTextOrID(name: String) throws {
    let tokenizer = try TokenizerFixture(name).tokenizer()
    for id in Int32(0)..<Int32(tokenizer.vocabularySize) {
      #expect(try tokenizer.token(named: "#\(id)") == id)
      let bytes = tokenizer.bytes(of: id)
      guard let text = String(validating: bytes, as: UTF8.self) else { continue }
      // A byte token and a piece may have the same text.
      let found = try tokenizer.token(named: text)
      #expect(tokenizer.bytes(of: found) == bytes, "\(text.debugDescription)")
    }
  }

  @Test func textOfSeveralTokensIsRefusedWithItsTokens() throws {
    let tokenizer = try TokenizerFixture("gpt2").tokenizer()
    let error = #expect(throws: CheckpointError.self) { try tokenizer.token(named: " hemoglobin") }
    let count = tokenizer.encode(" hemoglobin", special: .parsed).count
    #expect(error?.found?.hasPrefix("\(count): ") == true)
    for name in ["", "#99999999999", "#\(tokenizer.vocabularySize)"] {
      #expect(throws: CheckpointError.self) { try tokenizer.token(named: name) }
    }
    // These are not ids.
    #expect(try tokenizer.bytes(of: tokenizer.token(named: "#")) == [0x23])
    #expect(throws: CheckpointError.self) { try tokenizer.token(named: "#-1") }
  }
}
