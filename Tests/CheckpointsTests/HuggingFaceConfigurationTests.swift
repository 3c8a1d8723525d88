// autointerp
// `HuggingFaceConfigurationTests` tests that config.json is read in both layouts, with its defaults, or refused.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import TestSupport
import Testing

@Suite struct HuggingFaceConfigurationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a small model with changed members in its config.json. Nil removes a member.
  private func write(_ configuration: ModelConfiguration = .small(), changing changes: [String: String?]) throws
    -> String
  {
    var members = SafetensorsWriter.configuration(of: configuration)
    for (key, value) in changes { members[key] = value }
    try folder.write("config.json", Array(SafetensorsWriter.text(members).utf8))
    let tensors = SafetensorsWriter.tensors(of: Checkpoint.random(configuration: configuration, seed: 5))
    try folder.write("model.safetensors", SafetensorsWriter.file(tensors))
    return folder.path
  }

  private func opened(
    _ configuration: ModelConfiguration, _ changes: [String: String?]
  ) throws -> ModelConfiguration {
    try Checkpoint.open(write(configuration, changing: changes)).configuration
  }

  /// Accepted rotary positions: changes to the old layout, and their meaning.
  @Test(
    arguments: [
      ([:], RotaryEmbedding(base: 10_000)),
      (["rope_theta": nil], RotaryEmbedding(base: 10_000)),
      (["rope_theta": "500000", "rope_scaling": "null"], RotaryEmbedding(base: 500_000)),
      (
        ["rope_scaling": #"{"type": "linear", "factor": 2.0}"#],
        RotaryEmbedding(base: 10_000, scaling: .linear(factor: 2))
      ),
      (["rope_scaling": #"{"rope_type": "default"}"#], RotaryEmbedding(base: 10_000)),
      (
        [
          "rope_scaling":
            #"{"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64, "rope_type": "llama3"}"#
        ],
        RotaryEmbedding(
          base: 10_000,
          scaling: .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 64))
      ),
      (
        ["rope_theta": nil, "rope_parameters": #"{"rope_theta": 500.0, "rope_type": "default"}"#],
        RotaryEmbedding(base: 500)
      ),
      (["rope_theta": nil, "rope_parameters": #"{"rope_theta": 500.0}"#], RotaryEmbedding(base: 500)),
      (
        [
          "rope_theta": nil,
          "rope_parameters":
            #"{"rope_theta": 500.0, "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64, "rope_type": "llama3"}"#,
        ],
        RotaryEmbedding(
          base: 500,
          scaling: .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 64))
      ),
      (
        [
          "rope_parameters":
            #"{"rope_theta": 10000.0, "rope_type": "linear", "factor": 4, "partial_rotary_factor": 1.0}"#
        ],
        RotaryEmbedding(base: 10_000, scaling: .linear(factor: 4))
      ),
    ] as [([String: String?], RotaryEmbedding)])
  func positionsOfBothLayoutsAreRead(changes: [String: String?], rotary: RotaryEmbedding) throws {
    #expect(try opened(.small(), changes) == .small(rotary: rotary))
  }

  @Test func missingKeysHaveTransformersDefaults() throws {
    var configuration = ModelConfiguration.small(tied: false)
    configuration.keyValueHeadCount = 4
    configuration.headDimension = 4
    let defaults: [String: String?] = [
      "num_key_value_heads": nil, "head_dim": "null", "tie_word_embeddings": nil, "attention_bias": nil,
      "architectures": nil,
    ]
    #expect(try opened(configuration, defaults) == configuration)
  }

  @Test func qwen3IsRead() throws {
    let changes: [String: String?] = [
      "sliding_window": "4096", "use_sliding_window": "false", "max_window_layers": "28",
      "layer_types": #"["full_attention", "full_attention"]"#,
    ]
    #expect(try opened(.small(.qwen3), changes) == .small(.qwen3))
  }

  @Test func keysThatDoNotChangeTheMathematicsAreAccepted() throws {
    let changes: [String: String?] = [
      "transformers_version": "\"4.51.0\"", "_name_or_path": "\"x\"", "use_cache": "true", "bos_token_id": "1",
      "eos_token_id": "[2, 3]", "pad_token_id": "null", "attention_dropout": "0.0", "pretraining_tp": "1",
      "mlp_bias": "false", "rope_interleaved": "false", "is_llama_config": "true", "unheard_of": "null",
    ]
    #expect(try opened(.small(), changes) == .small())
  }

  /// A change, and the key that the error must name.
  struct Refusal: Sendable, CustomTestStringConvertible {
    var changes: [String: String?]
    var key: String
    var testDescription: String {
      changes.map { "\($0.key) = \($0.value ?? "absent")" }.sorted().joined(separator: ", ")
    }

    init(_ key: String, _ value: String?, names: String? = nil) {
      changes = [key: value]
      self.key = names ?? key
    }
  }

  @Test(arguments: [
    Refusal("model_type", nil),
    Refusal("model_type", "\"mistral\""),
    Refusal("model_type", "\"qwen2\""),
    Refusal("model_type", "\"qwen3_moe\""),
    Refusal("model_type", "7"),
    Refusal("architectures", "[\"LlamaForSequenceClassification\"]"),
    Refusal("max_sequence_length", "\"long\""),
    Refusal("hidden_act", "\"gelu\""),
    Refusal("hidden_act", nil),
    Refusal("attention_bias", "true"),
    Refusal("mlp_bias", "true"),
    Refusal("mlp_bias", "1"),
    Refusal("use_sliding_window", "true"),
    Refusal("sliding_window", "4096"),
    Refusal("rope_interleaved", "true"),
    Refusal("layer_types", #"["full_attention", "sliding_attention"]"#),
    Refusal("layer_types", #"["full_attention"]"#),
    Refusal("partial_rotary_factor", "0.5"),
    Refusal("quantization_config", #"{"quant_method": "gptq"}"#),
    Refusal("num_experts", "8"),
    Refusal("final_logit_softcapping", "30.0"),
    Refusal("embedding_multiplier", "12"),
    Refusal("auto_map", #"{"AutoModel": "modeling.Model"}"#),
    Refusal("num_hidden_layers", nil),
    Refusal("num_hidden_layers", "2.5"),
    Refusal("num_hidden_layers", "\"2\""),
    Refusal("rms_norm_eps", nil),
    Refusal("tie_word_embeddings", "\"yes\""),
    Refusal("rope_scaling", "3"),
    Refusal("rope_scaling", #"{"type": "dynamic", "factor": 2.0}"#, names: "rope_scaling.type"),
    Refusal("rope_scaling", #"{"rope_type": "yarn", "factor": 2.0}"#, names: "rope_scaling.rope_type"),
    Refusal("rope_scaling", #"{"factor": 2.0}"#, names: "rope_scaling.factor"),
    Refusal("rope_scaling", #"{"type": "linear"}"#, names: "rope_scaling.factor"),
    Refusal("rope_scaling", #"{"type": "linear", "rope_type": "llama3", "factor": 1}"#, names: "rope_scaling.type"),
    Refusal("rope_scaling", #"{"type": "linear", "factor": 2, "beta": 1}"#, names: "rope_scaling.beta"),
    Refusal("rope_parameters", #"{"rope_type": "default", "factor": 2}"#, names: "rope_parameters.factor"),
    Refusal("rope_parameters", #"{"rope_theta": 5.0}"#, names: "rope_parameters.rope_theta"),
    Refusal(
      "rope_parameters", #"{"rope_type": "default", "partial_rotary_factor": 0.5}"#,
      names: "rope_parameters.partial_rotary_factor"),
    Refusal(
      "rope_parameters", #"{"full_attention": {"rope_theta": 10000.0}}"#, names: "rope_parameters.full_attention"),
    Refusal(
      "rope_scaling", #"{"type": "llama3", "factor": 2, "low_freq_factor": 1, "high_freq_factor": 4}"#,
      names: "rope_scaling.original_max_position_embeddings"),
  ])
  func whatIsNotUnderstoodIsNamed(test: Refusal) throws {
    let path = try write(changing: test.changes)
    let error = refusal { () throws(CheckpointError) in try Checkpoint.open(path) }
    #expect(error?.key == test.key)
    #expect(error?.path.hasSuffix("config.json") == true)
  }

  @Test func wrongShapesAreRefused() throws {
    for (key, value) in [
      ("num_hidden_layers", "1"), ("num_hidden_layers", "3"), ("vocab_size", "12"), ("intermediate_size", "24"),
      ("num_key_value_heads", "4"), ("head_dim", "8"), ("num_hidden_layers", "2147483647"),
    ] {
      let path = try write(changing: [key: value])
      #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(path) }?.tensor != nil, "\(key)")
    }
  }
}
