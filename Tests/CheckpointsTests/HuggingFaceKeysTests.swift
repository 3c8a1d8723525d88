// autointerp
// `HuggingFaceKeysTests` tests which config.json keys are ignored, which accept one value only, and which ranges hold.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct HuggingFaceKeysTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Opens a small model with the given config.json.
  private func open(_ configuration: ModelConfiguration, _ text: String) throws -> ModelConfiguration {
    try write(configuration, text)
    return try Checkpoint.open(folder.path).configuration
  }

  private func write(_ configuration: ModelConfiguration, _ text: String) throws {
    try folder.write("config.json", Array(text.utf8))
    let tensors = SafetensorsWriter.tensors(of: Checkpoint.random(configuration: configuration, seed: 5))
    try folder.write("model.safetensors", SafetensorsWriter.file(tensors))
  }

  private func text(_ changes: [String: String?]) -> String {
    var members = SafetensorsWriter.configuration(of: .small())
    for (key, value) in changes { members[key] = value }
    return SafetensorsWriter.text(members)
  }

  private func refused(_ changes: [String: String?]) throws -> CheckpointError? {
    try write(.small(), text(changes))
    let path = folder.path
    return refusal { () throws(CheckpointError) in try Checkpoint.open(path) }
  }

  /// The fixtures are the output of `LlamaConfig(...).to_dict()` and `Qwen3Config(...).to_dict()` of transformers
  /// 5.24.
  @Test(arguments: [ModelConfiguration.small(), .small(.qwen3)])
  func everyKeyThatTransformersWritesIsUnderstood(configuration: ModelConfiguration) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/Configurations/\(configuration.architecture.rawValue).json")
    #expect(try open(configuration, String(contentsOf: file, encoding: .utf8)) == configuration)
  }

  /// Keys of published files, and of older versions of transformers with all their keys written out.
  @Test(arguments: [
    ("_attn_implementation_autoset", "true"), ("_flash_attn_2_enabled", "true"), ("_attn_implementation", "\"sdpa\""),
    ("attn_implementation", "\"flash_attention_2\""), ("tokenizer_class", "\"LlamaTokenizer\""),
    ("id2label", "{\"0\": \"a\"}"), ("label2id", "{\"a\": 0}"), ("problem_type", "\"regression\""), ("top_k", "50"),
    ("num_beams", "1"), ("repetition_penalty", "1.0"), ("min_length", "0"), ("prefix", "\"x\""),
    ("max_sequence_length", "32"),
  ])
  func keysWithoutInfluenceAreAccepted(key: String, value: String) throws {
    #expect(try open(.small(), text([key: value])) == .small())
  }

  @Test(arguments: [
    ("is_decoder", "false", "true"), ("torchscript", "false", "true"), ("chunk_size_feed_forward", "0", "4"),
    ("tie_encoder_decoder", "false", "true"), ("add_cross_attention", "false", "true"),
    ("is_encoder_decoder", "false", "true"), ("use_bfloat16", "false", "true"),
    ("pruned_heads", "{}", "{\"0\": [1]}"), ("mlp_bias", "false", "true"), ("attention_bias", "false", "true"),
    ("rope_interleaved", "false", "true"), ("use_sliding_window", "false", "true"),
  ])
  func keysWithOneHarmlessValueAreAcceptedWithThatOne(key: String, neutral: String, other: String) throws {
    #expect(try open(.small(), text([key: neutral])) == .small())
    #expect(try refused([key: other])?.key == key)
  }

  @Test func theContextIsAsLongAsTransformersTakesIt() throws {
    func length(_ changes: [String: String?]) throws -> Int { try open(.small(), text(changes)).contextLength }
    #expect(try length(["max_position_embeddings": nil, "max_sequence_length": "1024"]) == 1024)
    #expect(try length(["max_position_embeddings": "64", "max_sequence_length": "1024"]) == 64)
    #expect(try length(["max_position_embeddings": nil]) == 2048)
    let qwen3 = SafetensorsWriter.configuration(of: .small(.qwen3)).filter { $0.key != "max_position_embeddings" }
    #expect(try open(.small(.qwen3), SafetensorsWriter.text(qwen3)).contextLength == 32_768)
  }

  /// Changes, and the key that the error must name.
  @Test(
    arguments: [
      (["num_hidden_layers": "0"], "num_hidden_layers"), (["num_hidden_layers": "-1"], "num_hidden_layers"),
      (["num_attention_heads": "0"], "num_attention_heads"),
      (["num_attention_heads": "0", "num_key_value_heads": nil], "num_attention_heads"),
      (["num_key_value_heads": "0"], "num_key_value_heads"), (["num_key_value_heads": "3"], "num_key_value_heads"),
      (["head_dim": "7"], "head_dim"), (["head_dim": "0"], "head_dim"),
      (["head_dim": "9223372036854775807"], "head_dim"),
      (["head_dim": nil, "num_attention_heads": "16", "num_key_value_heads": "16"], "num_attention_heads"),
      (["hidden_size": "99999999999"], "hidden_size"), (["intermediate_size": "0"], "intermediate_size"),
      (["vocab_size": "-1"], "vocab_size"), (["max_position_embeddings": "0"], "max_position_embeddings"),
      (["max_position_embeddings": nil, "max_sequence_length": "0"], "max_sequence_length"),
      (["rms_norm_eps": "0"], "rms_norm_eps"), (["rms_norm_eps": "2"], "rms_norm_eps"),
      (["rms_norm_eps": "1e-50"], "rms_norm_eps"), (["rope_theta": "0"], "rope_theta"),
      (
        ["rope_theta": nil, "rope_parameters": #"{"rope_theta": 0.5, "rope_type": "default"}"#],
        "rope_parameters.rope_theta"
      ),
      (["rope_scaling": #"{"type": "linear", "factor": -1}"#], "rope_scaling.factor"),
      (
        [
          "rope_scaling":
            #"{"type": "llama3", "factor": 2, "low_freq_factor": 4, "high_freq_factor": 1, "original_max_position_embeddings": 64}"#
        ], "rope_scaling.high_freq_factor"
      ),
      (
        [
          "rope_parameters":
            #"{"rope_type": "llama3", "factor": 2, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 0}"#
        ], "rope_parameters.original_max_position_embeddings"
      ),
    ] as [([String: String?], String)])
  func valuesOutOfRangeAreRefusedByTheirKey(changes: [String: String?], key: String) throws {
    let error = try refused(changes)
    #expect(error?.key == key, "\(String(describing: error))")
    #expect(error?.path.hasSuffix("config.json") == true)
  }

  @Test(arguments: [
    ("[\"LlamaForSequenceClassification\"]", #"["LlamaForSequenceClassification"]"#), ("[]", "[]"),
    ("[\"a\", 1, null]", #"["a", 1, null]"#), ("[1, 2, 3, 4, 5, 6, 7, 8, 9]", "an array of 9"),
    ("[[1], {}]", "an array of 2"), ("[\"\(String(repeating: "x", count: 300))\"]", "an array of 1"),
  ])
  func refusalsShowShortArrays(value: String, shown: String) throws {
    #expect(try refused(["architectures": value])?.found == shown)
  }
}
