// autointerp
// `TokenizerReferenceTests` tests that token ids equal the reference tokenizer's, for every family and file format.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import TestSupport
import Testing

@testable import Checkpoints

struct TokenizerReferenceTests {
  private func expectReferenceIDs(
    _ tokenizer: Tokenizer, _ rows: [TokenizerFixture.Row], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(rows.count > 100, sourceLocation: sourceLocation)
    for row in rows {
      let text = row.text.debugDescription
      #expect(tokenizer.encode(row.text, special: .parsed) == row.ids, "\(text)", sourceLocation: sourceLocation)
      #expect(
        tokenizer.encode(row.text, special: .plainText) == row.plain ?? row.ids, "plain \(text)",
        sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [
    "gpt2", "smollm", "llama3", "qwen2", "llama2", "metaspace-first-split", "metaspace-always", "unusual-added-tokens",
  ])
  func tokenizerJSONGivesReferenceIDs(name: String) throws {
    let fixture = try TokenizerFixture(name)
    expectReferenceIDs(try fixture.tokenizer(), fixture.rows)
  }

  @Test(arguments: [
    ("gpt2", "gpt-2"), ("smollm", "smollm"), ("llama3", "llama-bpe"), ("qwen2", "qwen2"), ("llama2", nil),
  ])
  func ggufMetadataGiveReferenceIDs(name: String, pre: String?) throws {
    let fixture = try TokenizerFixture(name)
    let definition = try TokenizerDefinition(gguf: fixture.ggufMetadata(pre: pre), path: "test.gguf")
    // A GGUF file stores no normalisation, so only texts that need none can be compared.
    let rows = fixture.rows.filter { row in
      var text = Array(row.text.utf8)
      CanonicalComposition.unicode9.apply(to: &text)
      return name != "qwen2" || text == Array(row.text.utf8)
    }
    expectReferenceIDs(try Tokenizer(definition), rows)
  }

  @Test(.enabled(if: TestModel.isThere)) func smolLM2GivesReferenceIDs() throws {
    let tokenizer = try Tokenizer.open(TestModel.path)
    #expect(tokenizer.vocabularySize == 49152)
    #expect(tokenizer.bosToken == 1 && tokenizer.eosToken == 2)
    #expect(!tokenizer.addsBOS && !tokenizer.addsEOS)
    expectReferenceIDs(tokenizer, try TokenizerFixture("smollm2").rows)
  }

  @Test(arguments: ["gpt2", "smollm", "llama3", "llama2", "metaspace-first-split"])
  func decodingGivesTheTextBack(name: String) throws {
    let fixture = try TokenizerFixture(name)
    let tokenizer = try fixture.tokenizer()
    for row in fixture.rows {
      // SentencePiece-style vocabularies write a space as ▁ and cannot tell the two apart when decoding.
      let expected = tokenizer.definition.alphabet == .bytes ? row.text : row.text.replacing("▁", with: " ")
      // Special tokens separate stretches, each of which got its own space.
      if tokenizer.definition.alphabet != .bytes, row.text.contains("<s>") || row.text.contains("<unk>") { continue }
      let decoded = tokenizer.decode(tokenizer.encode(row.text, special: .parsed))
      // A tokenizer that adds no space to a text with one may lose the text's own first space.
      let hasLostSpace = name == "metaspace-first-split" && expected == " " + decoded
      #expect(hasLostSpace || decoded.utf8.elementsEqual(expected.utf8), "\(row.text.debugDescription)")
    }
  }

  @Test func bosComesOnceAndOnlyIfTheModelWantsIt() throws {
    let llama = try TokenizerFixture("llama3").tokenizer()
    let bos = try #require(llama.bosToken)
    #expect(llama.addsBOS)
    #expect(llama.displayText(of: bos) == "<|begin_of_text|>")
    #expect(try llama.addingBOS(to: [5, 6]) == [bos, 5, 6])
    #expect(try llama.addingBOS(to: [bos, 5]) == [bos, 5])
    #expect(try llama.addingBOS(to: []) == [bos])
    #expect(try llama.addingBoundaries(to: [5]) == [bos, 5])
    #expect(throws: CheckpointError.self) { try llama.addingBOS(to: [bos, bos, 5]) }
    #expect(throws: CheckpointError.self) { try llama.addingBoundaries(to: [bos, bos]) }
    let qwen = try TokenizerFixture("qwen2").tokenizer()
    #expect(try qwen.addingBOS(to: [5, 6]) == [5, 6])
  }

  /// The behaviour of transformers 5.24's AutoTokenizer, which ignores the configuration's flags.
  @Test(
    arguments: [
      (#""<s> $A""#, ["<s>"], [], #"{"add_bos_token": false, "bos_token": "<s>"}"#),
      (#""<s> $A""#, ["<s>"], [], #"{"add_bos_token": true, "add_eos_token": true, "eos_token": "</s>"}"#),
      (#""<s> $A""#, ["<s>"], [], #"{"bos_token": "</s>", "eos_token": "<s>"}"#),
      (#""<s> $A </s>""#, ["<s>"], ["</s>"], #"{"add_eos_token": false, "eos_token": "</s>"}"#),
      (#""<s> $A </s>""#, ["<s>"], ["</s>"], #"{}"#),
      (#""$A </s>""#, [], ["</s>"], #"{"add_bos_token": true, "bos_token": "<s>"}"#),
      ("null", [], [], #"{"add_bos_token": true, "add_eos_token": true, "bos_token": "<s>", "eos_token": "</s>"}"#),
    ] as [(String, [String], [String], String)])
  func thePostProcessorSaysWhatStandsAroundAText(
    template: String, before: [String], after: [String], configuration: String
  ) throws {
    let fixture = try TokenizerFixture("llama2")
    let pieces = template.filter { $0 != "\"" }.split(separator: " ").map { piece in
      piece == "$A"
        ? #"{"Sequence": {"id": "A", "type_id": 0}}"# : #"{"SpecialToken": {"id": "\#(piece)", "type_id": 0}}"#
    }
    let processor =
      #"{"type": "TemplateProcessing", "single": [\#(pieces.joined(separator: ", "))], "pair": [], "special_tokens": "#
      + #"{"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}}"#
    let json = try fixture.json().replacing(
      ["post_processor"], with: JSONValue(text: template == "null" ? "null" : processor))
    let tokenizer = try Tokenizer(
      TokenizerDefinition(json: json, configuration: JSONValue(text: configuration), path: "tokenizer.json"))
    let ids = { (names: [String]) in try names.map { try tokenizer.token(named: $0) } }
    #expect(try tokenizer.addingBoundaries(to: [300, 301]) == ids(before) + [300, 301] + ids(after))
    #expect(try tokenizer.addingBOS(to: [300, 301]) == ids(before) + [300, 301])
  }

  @Test func noTokenizerIsNotTheSameAsOneThatIsRefused() throws {
    let folder = try TemporaryFolder()
    #expect(try Tokenizer.openIfThere(folder.path) == nil)
    let model = try folder.write(
      "model.gguf", GGUFWriter(Checkpoint.random(configuration: .small(), seed: 1)).finished())
    #expect(try Tokenizer.openIfThere(model) == nil)
    #expect(throws: CheckpointError.self) { try Tokenizer.open(model) }
    var writer = GGUFWriter(Checkpoint.random(configuration: .small(), seed: 1))
    writer.set("tokenizer.ggml.model", "bert")
    let other = try folder.write("other.gguf", writer.finished())
    #expect(refusal { () throws(CheckpointError) in try Tokenizer.openIfThere(other) }?.key == "tokenizer.ggml.model")
    try folder.write("tokenizer.json", Array("{}".utf8))
    let path = folder.path
    #expect(refusal { () throws(CheckpointError) in try Tokenizer.openIfThere(path) }?.key == "model")
  }
}

/// The default model, if it is on this machine.
enum TestModel {
  static let path: String = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["AUTOINTERP_TEST_MODEL"] { return path }
    let base = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (base ?? NSHomeDirectory() + "/.cache") + "/autointerp/SmolLM2-135M-Instruct.Q4_1.gguf"
  }()
  static var isThere: Bool { FileManager.default.fileExists(atPath: path) }
}
