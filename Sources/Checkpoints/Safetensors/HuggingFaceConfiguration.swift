// autointerp
// `HuggingFaceConfiguration` reads a model's config.json and refuses keys that it does not understand.
// SPDX-License-Identifier: Apache-2.0

internal import JSON
internal import Platform

/// A `config.json` as transformers writes it, in the old or the new layout.
///
/// Every key is one of four kinds: it is read; it never changes what the model computes (`harmlessKeys`); it does not
/// change that if it has one certain value (`neutralValues`); or the model is refused with the key's name. A silent
/// default would give wrong numbers that look right.
struct HuggingFaceConfiguration {
  /// Keys about training, generation, token ids or the file itself, which do not change the map from tokens to
  /// logits.
  static let harmlessKeys: Set<String> = [
    // About the file.
    "_commit_hash", "_name_or_path", "architectures", "dtype", "prefix", "tokenizer_class", "torch_dtype",
    "transformers.js_config", "transformers_version", "unsloth_fixed", "unsloth_version",
    // Training and initialisation. `pretraining_tp` splits a product without changing its result.
    "attention_dropout", "initializer_range", "pretraining_tp",
    // Different ways to compute the same attention.
    "_attn_implementation", "_attn_implementation_autoset", "_flash_attn_2_enabled", "attn_implementation",
    // Token ids.
    "bos_token_id", "decoder_start_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "unk_token_id",
    // Classification heads and their loss, which a language model does not have.
    "finetuning_task", "id2label", "label2id", "problem_type", "task_specific_params", "tf_legacy_loss",
    // Generation and the return values of the Python object.
    "bad_words_ids", "begin_suppress_tokens", "diversity_penalty", "do_sample", "early_stopping",
    "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id",
    "length_penalty", "max_length", "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams",
    "num_return_sequences", "output_attentions", "output_hidden_states", "output_scores", "remove_invalid_values",
    "repetition_penalty", "return_dict", "return_dict_in_generate", "suppress_tokens", "temperature", "top_k", "top_p",
    "typical_p", "use_cache",
    // Repeats what `model_type` says.
    "is_llama_config",
    // Only matters together with a sliding window, which is refused.
    "max_window_layers",
  ]

  /// Keys that transformers writes for every model, each with the one value that this implementation computes.
  static let neutralValues: [(key: String, value: JSONValue)] = [
    ("add_cross_attention", .boolean(false)), ("attention_bias", .boolean(false)),
    ("chunk_size_feed_forward", .integer(0)), ("is_decoder", .boolean(false)), ("is_encoder_decoder", .boolean(false)),
    ("mlp_bias", .boolean(false)), ("pruned_heads", .object(JSONObject())), ("rope_interleaved", .boolean(false)),
    ("tie_encoder_decoder", .boolean(false)), ("torchscript", .boolean(false)), ("use_bfloat16", .boolean(false)),
    ("use_sliding_window", .boolean(false)),
  ]

  private let path: String
  private let members: JSONObject
  private var unread: Set<String>
  /// The keys from which the base and the scaling of rotary positions are read.
  private var rotaryBaseKey = "rope_theta"
  private var rotaryScalingKey = "rope_scaling"

  init(path: String) throws(CheckpointError) {
    self.path = path
    guard let object = try JSONValue.read(path).object else {
      throw CheckpointError(path: path, offset: 0, "not a JSON object")
    }
    members = object
    unread = Set(object.members.lazy.filter { $0.value != .null }.map(\.key)).subtracting(Self.harmlessKeys)
  }

  /// Builds and validates the configuration.
  ///
  /// - Throws: an error that names the key that is missing, unusable or not understood.
  mutating func configuration() throws(CheckpointError) -> ModelConfiguration {
    let architecture = try architecture()
    let modelDimension = try integer("hidden_size")
    let headCount = try integer("num_attention_heads")
    let layerCount = try integer("num_hidden_layers")
    try refuseOtherMathematics(layerCount: layerCount)
    let configuration = ModelConfiguration(
      architecture: architecture,
      layerCount: layerCount,
      headCount: headCount,
      // Models older than grouped-query attention do not have the key.
      keyValueHeadCount: has("num_key_value_heads") ? try integer("num_key_value_heads") : headCount,
      headDimension: try headDimension(modelDimension, headCount: headCount, architecture),
      modelDimension: modelDimension,
      feedForwardDimension: try integer("intermediate_size"),
      vocabularySize: try integer("vocab_size"),
      contextLength: try contextLength(architecture),
      rmsEpsilon: Float(try number("rms_norm_eps")),
      rotary: try rotary(),
      // transformers' default for both architectures.
      tiedUnembedding: try boolean("tie_word_embeddings") ?? false)
    if let key = unread.min() {
      throw CheckpointError(
        path: path, key: key,
        "not understood; if it does not change what the model computes, remove it from a copy of the file")
    }
    try configuration.validate(path: path, key: key(of:))
    return configuration
  }

  /// The key from which a quantity was read.
  private func key(of quantity: ModelConfiguration.Quantity) -> String {
    switch quantity {
    case .layerCount: "num_hidden_layers"
    case .headCount: "num_attention_heads"
    case .keyValueHeadCount: has("num_key_value_heads") ? "num_key_value_heads" : "num_attention_heads"
    case .headDimension: has("head_dim") ? "head_dim" : "num_attention_heads"
    case .modelDimension: "hidden_size"
    case .feedForwardDimension: "intermediate_size"
    case .vocabularySize: "vocab_size"
    case .contextLength: has("max_position_embeddings") ? "max_position_embeddings" : "max_sequence_length"
    case .rmsEpsilon: "rms_norm_eps"
    case .rotaryBase: rotaryBaseKey
    case .rotaryScaling: rotaryScalingKey
    }
  }

  /// Reads the context length. Llama 1 stores it under an older name, which transformers ignores in favour of a
  /// default.
  private mutating func contextLength(
    _ architecture: ModelConfiguration.Architecture
  ) throws(CheckpointError) -> Int {
    let older = has("max_sequence_length") ? try integer("max_sequence_length") : nil
    if has("max_position_embeddings") { return try integer("max_position_embeddings") }
    return older ?? (architecture == .llama ? 2048 : 32_768)
  }

  private mutating func architecture() throws(CheckpointError) -> ModelConfiguration.Architecture {
    guard let type = members["model_type"] else { throw CheckpointError(path: path, key: "model_type", "missing") }
    unread.remove("model_type")
    guard let architecture = type.string.flatMap(ModelConfiguration.Architecture.init(rawValue:)) else {
      throw refusal("model_type", type, expected: "llama or qwen3")
    }
    // Other classes of this model type end in something other than an unembedding.
    let className = architecture == .llama ? "LlamaForCausalLM" : "Qwen3ForCausalLM"
    if has("architectures"), members["architectures"] != .array([.string(className)]) {
      throw refusal("architectures", members["architectures"]!, expected: "[\"\(className)\"]")
    }
    return architecture
  }

  private mutating func headDimension(
    _ modelDimension: Int, headCount: Int, _ architecture: ModelConfiguration.Architecture
  ) throws(CheckpointError) -> Int {
    // transformers has a default for Qwen3, but every Qwen3 file gives the dimension.
    if has("head_dim") || architecture == .qwen3 { return try integer("head_dim") }
    guard headCount > 0, modelDimension % headCount == 0 else {
      throw CheckpointError(
        path: path, key: "num_attention_heads", "does not divide hidden_size, and there is no head_dim",
        found: "\(headCount) and \(modelDimension)")
    }
    return modelDimension / headCount
  }

  private mutating func refuseOtherMathematics(layerCount: Int) throws(CheckpointError) {
    try require("hidden_act", .string("silu"), mandatory: true)
    for (key, value) in Self.neutralValues { try require(key, value, mandatory: false) }
    // If `use_sliding_window` is absent, a window is in use as soon as the file gives one.
    if members["use_sliding_window"] == .boolean(false) { unread.remove("sliding_window") }
    if has("sliding_window"), unread.contains("sliding_window") {
      throw refusal("sliding_window", members["sliding_window"]!, expected: "null")
    }
    if has("partial_rotary_factor"), try number("partial_rotary_factor") != 1 {
      throw refusal("partial_rotary_factor", members["partial_rotary_factor"]!, expected: "1")
    }
    if has("quantization_config") {
      throw CheckpointError(
        path: path, key: "quantization_config", "quantised safetensors are not supported; use the original or a GGUF")
    }
    if has("layer_types") {
      let full = JSONValue.string("full_attention")
      guard let types = members["layer_types"]?.array, types.count == layerCount, types.allSatisfy({ $0 == full })
      else {
        let other = members["layer_types"]?.array?.first { $0 != full }
        throw refusal(
          "layer_types", other ?? members["layer_types"]!, expected: "full_attention for each of \(layerCount) layers")
      }
      unread.remove("layer_types")
    }
  }
}

// MARK: - Rotary positions

extension HuggingFaceConfiguration {
  /// Old layout: `rope_theta` and `rope_scaling`. New layout: both in `rope_parameters`.
  private mutating func rotary() throws(CheckpointError) -> RotaryEmbedding {
    var base: Double?
    if has("rope_theta") { base = try number("rope_theta") }
    var scaling: RotaryEmbedding.Scaling?
    for key in ["rope_scaling", "rope_parameters"] where has(key) {
      guard let object = members[key]?.object else { throw refusal(key, members[key]!, expected: "an object") }
      unread.remove(key)
      var parameters = RotaryParameters(object, key: key, path: path)
      if let theta = try parameters.number("rope_theta") {
        guard base == nil || base == theta else {
          throw CheckpointError(
            path: path, key: "\(key).rope_theta", "differs from rope_theta", expected: "\(base!)", found: "\(theta)")
        }
        if base == nil { rotaryBaseKey = "\(key).rope_theta" }
        base = theta
      }
      rotaryScalingKey = key
      let found = try parameters.scaling()
      guard scaling == nil || scaling == found else {
        throw CheckpointError(path: path, key: key, "rope_scaling and rope_parameters differ")
      }
      scaling = found
    }
    // transformers' default base, which the first Llama models rely on.
    return RotaryEmbedding(base: base ?? 10_000, scaling: scaling ?? .none)
  }
}

// MARK: - Access that keeps account

extension HuggingFaceConfiguration {
  /// True if the key exists and is not null.
  private func has(_ key: String) -> Bool { members[key].map { $0 != .null } ?? false }

  private func refusal(_ key: String, _ value: JSONValue, expected: String) -> CheckpointError {
    CheckpointError(path: path, key: key, "not supported", expected: expected, found: value.summary)
  }

  private mutating func value(_ key: String) throws(CheckpointError) -> JSONValue {
    guard let value = members[key], value != .null else { throw CheckpointError(path: path, key: key, "missing") }
    unread.remove(key)
    return value
  }

  private mutating func integer(_ key: String) throws(CheckpointError) -> Int {
    let value = try value(key)
    guard let integer = value.integer else { throw refusal(key, value, expected: "a whole number") }
    return integer
  }

  private mutating func number(_ key: String) throws(CheckpointError) -> Double {
    let value = try value(key)
    guard let number = value.number else { throw refusal(key, value, expected: "a number") }
    return number
  }

  private mutating func boolean(_ key: String) throws(CheckpointError) -> Bool? {
    guard has(key) else { return nil }
    let value = try value(key)
    guard let boolean = value.boolean else { throw refusal(key, value, expected: "true or false") }
    return boolean
  }

  /// Refuses any value other than the one that this implementation computes.
  private mutating func require(
    _ key: String, _ expected: JSONValue, mandatory: Bool
  ) throws(CheckpointError) {
    guard mandatory || has(key) else { return }
    let found = try value(key)
    guard found == expected else { throw refusal(key, found, expected: expected.summary) }
  }
}
