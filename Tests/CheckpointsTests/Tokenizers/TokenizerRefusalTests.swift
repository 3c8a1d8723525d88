// autointerp
// `TokenizerRefusalTests` tests that a tokenizer with an unknown part is refused and the error names the key.
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@testable import Checkpoints

struct TokenizerRefusalTests {
  @Test(arguments: [
    (["model", "type"], #""WordPiece""#, "model.type"),
    (["model", "dropout"], "0.1", "model.dropout"),
    (["model", "end_of_word_suffix"], #""</w>""#, "model.end_of_word_suffix"),
    (["model", "byte_fallback"], "true", "model.byte_fallback"),
    (["model", "surprise"], "1", "model.surprise"),
    (["model", "vocab", "A"], "-1", "model.vocab"),
    (["model", "vocab", "A"], "1", "model.vocab"),
    (["model", "vocab", "A"], "999999999999", "model.vocab"),
    (["model", "merges", "3"], #""one two three""#, "model.merges"),
    (["model", "merges", "3"], #"["zzzz", "yyyy"]"#, "model.merges"),
    (["normalizer"], #"{"type": "Lowercase"}"#, "normalizer.type"),
    (
      ["normalizer"], #"{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKC"}]}"#,
      "normalizer.normalizers[1].type"
    ),
    (["normalizer"], #"{"type": "Replace", "pattern": {"Regex": "a+"}, "content": "a"}"#, "normalizer.pattern.String"),
    (["pre_tokenizer"], #"{"type": "Whitespace"}"#, "pre_tokenizer.type"),
    (
      ["pre_tokenizer", "pretokenizers", "1", "add_prefix_space"], "true",
      "pre_tokenizer.pretokenizers[1].add_prefix_space"
    ),
    (["pre_tokenizer", "pretokenizers", "1", "use_regex"], "true", "pre_tokenizer.pretokenizers[1].use_regex"),
    (
      ["pre_tokenizer", "pretokenizers", "0", "pattern", "Regex"], #""\\w+""#,
      "pre_tokenizer.pretokenizers[0].pattern.Regex"
    ),
    (["pre_tokenizer", "pretokenizers", "0", "behavior"], #""Removed""#, "pre_tokenizer.pretokenizers[0].behavior"),
    (["post_processor"], #"{"type": "BertProcessing"}"#, "post_processor.type"),
    (["decoder"], #"{"type": "WordPiece"}"#, "decoder.type"),
    (["added_tokens", "0", "id"], "7", "added_tokens"),
    (["added_tokens", "0", "shape"], #""round""#, "added_tokens[0].shape"),
    (["surprise"], "1", "surprise"),
  ])
  func tokenizerJSONThatIsNotUnderstoodIsRefused(path: [String], value: String, key: String) throws {
    let json = try TokenizerFixture("llama3").json().replacing(path, with: JSONValue(text: value))
    let error = #expect(throws: CheckpointError.self) {
      try TokenizerDefinition(json: json, configuration: nil, path: "tokenizer.json")
    }
    #expect(error?.key == key, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("tokenizer.ggml.model", GGUFValue.string("bert"), "tokenizer.ggml.model"),
    ("tokenizer.ggml.pre", .string("default"), "tokenizer.ggml.pre"),
    ("tokenizer.ggml.tokens", .integers([1]), "tokenizer.ggml.tokens"),
    ("tokenizer.ggml.token_type", .integers([1]), "tokenizer.ggml.token_type"),
    ("tokenizer.ggml.merges", .strings(["a b c"]), "tokenizer.ggml.merges"),
    ("tokenizer.ggml.bos_token_id", .unsigned(1_000_000), "tokenizer.ggml.bos_token_id"),
    ("tokenizer.ggml.bos_token_id", .signed(-1), "tokenizer.ggml.bos_token_id"),
    ("tokenizer.ggml.add_bos_token", .boolean(true), "tokenizer.ggml.bos_token_id"),
  ])
  func ggufMetadataThatAreNotUnderstoodAreRefused(changed: String, value: GGUFValue, key: String) throws {
    var metadata = try TokenizerFixture("gpt2").ggufMetadata(pre: "gpt-2")
    _ = try TokenizerDefinition(gguf: metadata, path: "test.gguf")
    metadata[changed] = value
    let error = #expect(throws: CheckpointError.self) { try TokenizerDefinition(gguf: metadata, path: "test.gguf") }
    #expect(error?.key == key, "\(String(describing: error))")
  }

  @Test(arguments: ["model", "pre", "tokens", "token_type", "merges"])
  func missingGGUFKeyIsNamed(key: String) throws {
    var metadata = try TokenizerFixture("gpt2").ggufMetadata(pre: "gpt-2")
    metadata["tokenizer.ggml.\(key)"] = nil
    let error = #expect(throws: CheckpointError.self) { try TokenizerDefinition(gguf: metadata, path: "test.gguf") }
    #expect(error?.key == "tokenizer.ggml.\(key)")
  }

  @Test func scoresThatAreNotNumbersAreRefused() throws {
    var metadata = try TokenizerFixture("llama2").ggufMetadata(pre: nil)
    guard case .floats(var scores)? = metadata["tokenizer.ggml.scores"] else { return #expect(Bool(false)) }
    scores[300] = .nan
    metadata["tokenizer.ggml.scores"] = .floats(scores)
    let error = #expect(throws: CheckpointError.self) { try TokenizerDefinition(gguf: metadata, path: "test.gguf") }
    #expect(error?.key == "tokenizer.ggml.scores")
  }

  @Test func modelWithoutTokenizerSaysWhatItLooksFor() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: CheckpointError.self) { try Tokenizer.open(folder.path) }
    #expect(error?.expected?.hasSuffix("/tokenizer.json") == true)
    #expect(throws: CheckpointError.self) { try Tokenizer.open("/no/such/model.gguf") }
  }

  @Test func bosOfTheConfigurationMustExist() throws {
    let json = try TokenizerFixture("gpt2").json()
    let configuration = try JSONValue(text: #"{"bos_token": {"content": "<nobody>"}}"#)
    let error = #expect(throws: CheckpointError.self) {
      try TokenizerDefinition(json: json, configuration: configuration, path: "tokenizer.json")
    }
    #expect(error?.key == "bos_token")
  }
}
