// autointerp
// `GGUFMetadata` reads a model's configuration from GGUF metadata and refuses keys that it does not understand.
// SPDX-License-Identifier: Apache-2.0

/// The keys under the architecture's name (`llama.*`). Each must be read or known to be harmless.
///
/// Keys in other namespaces (`general.`, `tokenizer.`, `quantize.`, ...) do not change what the model computes, by
/// the format's convention, and are not checked here.
struct GGUFMetadata {
  private let path: String
  private let values: [String: GGUFValue]
  private let architecture: ModelConfiguration.Architecture
  private var unread: Set<String>

  init(_ file: GGUFFile) throws(CheckpointError) {
    path = file.path
    values = file.metadata
    guard let name = values["general.architecture"]?.string else {
      throw CheckpointError(path: path, key: "general.architecture", "missing: this file holds no model")
    }
    guard let known = ModelConfiguration.Architecture(rawValue: name) else {
      throw CheckpointError(
        path: path, key: "general.architecture", "this architecture is not supported", expected: "llama or qwen3",
        found: "\"\(CheckpointError.printable(name))\"")
    }
    architecture = known
    if let type = values["general.type"], type.string != "model" {
      throw CheckpointError(
        path: path, key: "general.type", "not a complete model", expected: "\"model\"",
        found: type.string.map { "\"\(CheckpointError.printable($0))\"" } ?? type.kind)
    }
    unread = Set(values.keys.filter { $0.hasPrefix("\(name).") })
  }

  /// Builds the configuration.
  ///
  /// - Throws: an error that names the alphabetically first key that is missing, unusable or not understood.
  mutating func configuration(of tensors: [String: GGUFTensor]) throws(CheckpointError) -> ModelConfiguration {
    let modelDimension = try integer("embedding_length")
    let headCount = try uniformInteger("attention.head_count")
    let keyValueHeadCount =
      has("attention.head_count_kv") ? try uniformInteger("attention.head_count_kv") : headCount
    let headDimension = try headDimension(modelDimension: modelDimension, headCount: headCount)
    guard let embedding = tensors["token_embd.weight"] else {
      throw CheckpointError(path: path, tensor: "token_embd.weight", "missing")
    }
    let vocabularySize = embedding.dimensions.count == 2 ? embedding.dimensions[1] : 1
    if has("vocab_size") { try require("vocab_size", equals: vocabularySize, "the rows of token_embd.weight") }
    let rotary = try rotary(factors: tensors["rope_freqs.weight"], headDimension: headDimension)
    let configuration = ModelConfiguration(
      architecture: architecture,
      layerCount: try integer("block_count"),
      headCount: headCount,
      keyValueHeadCount: keyValueHeadCount,
      headDimension: headDimension,
      modelDimension: modelDimension,
      feedForwardDimension: try uniformInteger("feed_forward_length"),
      vocabularySize: vocabularySize,
      contextLength: try integer("context_length"),
      rmsEpsilon: Float(try number("attention.layer_norm_rms_epsilon")),
      rotary: rotary,
      tiedUnembedding: tensors["output.weight"] == nil)
    try refuseWhatWouldChangeTheMathematics()
    try configuration.validate(path: path, key: key(of:))
    return configuration
  }

  /// The key from which a quantity was read.
  private func key(of quantity: ModelConfiguration.Quantity) -> String {
    switch quantity {
    case .layerCount: full("block_count")
    case .headCount: full("attention.head_count")
    case .keyValueHeadCount: full(has("attention.head_count_kv") ? "attention.head_count_kv" : "attention.head_count")
    case .headDimension: full(has("attention.key_length") ? "attention.key_length" : "attention.head_count")
    case .modelDimension: full("embedding_length")
    case .feedForwardDimension: full("feed_forward_length")
    case .vocabularySize: has("vocab_size") ? full("vocab_size") : "token_embd.weight"
    case .contextLength: full("context_length")
    case .rmsEpsilon: full("attention.layer_norm_rms_epsilon")
    case .rotaryBase: full("rope.freq_base")
    case .rotaryScaling: scalingKey.map(full) ?? "rope_freqs.weight"
    }
  }

  /// The key of the linear scaling factor. As in llama.cpp, the older name counts only if the newer one is absent.
  private var scalingKey: String? { ["rope.scaling.factor", "rope.scale_linear"].first(where: has) }

  private mutating func headDimension(modelDimension: Int, headCount: Int) throws(CheckpointError) -> Int {
    var dimension: Int
    if has("attention.key_length") {
      dimension = try integer("attention.key_length")
    } else {
      guard headCount > 0, modelDimension % headCount == 0 else {
        throw CheckpointError(
          path: path, key: full("attention.head_count"), "does not divide \(full("embedding_length"))",
          found: "\(headCount) and \(modelDimension)")
      }
      dimension = modelDimension / headCount
    }
    if has("attention.value_length") {
      try require("attention.value_length", equals: dimension, "the dimension of keys")
    }
    if has("rope.dimension_count") {
      try require("rope.dimension_count", equals: dimension, "the head dimension (all of it is rotated)")
    }
    return dimension
  }

  /// llama.cpp uses base 10000 if the file has none (the first Llama models rely on that) and linear scaling if there
  /// is a factor without a type. The factors 0 and 1 mean no scaling.
  private mutating func rotary(factors: GGUFTensor?, headDimension: Int) throws(CheckpointError) -> RotaryEmbedding {
    let base = has("rope.freq_base") ? try number("rope.freq_base") : 10_000
    var scaling = RotaryEmbedding.Scaling.none
    let typeKey = "rope.scaling.type"
    let type = has(typeKey) ? try string(typeKey) : scalingKey == nil ? "none" : "linear"
    switch type {
    case "none": break
    case "linear":
      let factor = try number(scalingKey ?? "rope.scaling.factor")
      if factor != 0, factor != 1 { scaling = .linear(factor: factor) }
    default:
      throw CheckpointError(
        path: path, key: full(typeKey), "this RoPE scaling is not supported", expected: "none or linear",
        found: "\"\(CheckpointError.printable(type))\"")
    }
    ignore([
      "rope.scaling.factor", "rope.scale_linear", "rope.scaling.original_context_length", "rope.scaling.finetuned",
    ])
    if has("rope.scaling.attn_factor"), try number("rope.scaling.attn_factor") != 1 {
      throw CheckpointError(path: path, key: full("rope.scaling.attn_factor"), "not supported", expected: "1")
    }
    guard let factors else { return RotaryEmbedding(base: base, scaling: scaling) }
    guard scaling == .none else {
      throw CheckpointError(
        path: path, tensor: "rope_freqs.weight", key: scalingKey.map(full),
        "positions are scaled twice: by this key and by the tensor rope_freqs.weight")
    }
    guard factors.dimensions == [headDimension / 2], factors.elementType == .float32 else {
      throw CheckpointError(
        path: path, tensor: "rope_freqs.weight", "unusable RoPE factors", expected: "F32 [\(headDimension / 2)]",
        found: "\(factors.elementType.rawValue) \(factors.dimensions)")
    }
    let view = TensorView(
      name: factors.name, rowCount: 1, columnCount: factors.dimensions[0], elementType: .float32,
      bytes: factors.bytes, owner: factors.file)
    let values = view.floats()
    if let value = values.first(where: { !($0.isFinite && $0 > 0) }) {
      throw CheckpointError(
        path: path, tensor: "rope_freqs.weight", "unusable RoPE factors", expected: "more than 0", found: "\(value)")
    }
    return RotaryEmbedding(base: base, scaling: .perFrequency(values))
  }

  private mutating func refuseWhatWouldChangeTheMathematics() throws(CheckpointError) {
    // These keys must be zero or false. With any other value the model is of another kind.
    for key in ["expert_count", "expert_used_count", "attention.sliding_window", "use_parallel_residual"] {
      guard has(key) else { continue }
      let value = values[full(key)]
      unread.remove(full(key))
      guard value?.integer == 0 || value?.boolean == false else {
        throw CheckpointError(path: path, key: full(key), "this kind of model is not supported", expected: "0")
      }
    }
    if has("attention.causal") {
      unread.remove(full("attention.causal"))
      guard values[full("attention.causal")]?.boolean == true else {
        throw CheckpointError(path: path, key: full("attention.causal"), "not supported", expected: "true")
      }
    }
    // Says how the converter laid out q and k. llama.cpp ignores the key, and the permutation is undone in the same
    // way here.
    if has("tensor_data_layout") {
      let layout = try string("tensor_data_layout")
      guard layout == "Meta AI original pth" else {
        throw CheckpointError(
          path: path, key: full("tensor_data_layout"), "unknown layout", expected: "\"Meta AI original pth\"",
          found: "\"\(CheckpointError.printable(layout))\"")
      }
    }
    if let key = unread.min() {
      throw CheckpointError(
        path: path, key: key, "not understood: it may change what the model computes, so the file is refused")
    }
  }
}

// MARK: - Access that keeps account

extension GGUFMetadata {
  private func full(_ key: String) -> String { "\(architecture.rawValue).\(key)" }

  private func has(_ key: String) -> Bool { values[full(key)] != nil }

  private mutating func ignore(_ keys: [String]) {
    for key in keys { unread.remove(full(key)) }
  }

  private mutating func value(_ key: String) throws(CheckpointError) -> GGUFValue {
    guard let value = values[full(key)] else { throw CheckpointError(path: path, key: full(key), "missing") }
    unread.remove(full(key))
    return value
  }

  private mutating func integer(_ key: String) throws(CheckpointError) -> Int {
    let value = try value(key)
    guard let integer = value.integer, integer >= 0 else {
      throw CheckpointError(path: path, key: full(key), "unusable", expected: "a whole number", found: value.kind)
    }
    return integer
  }

  /// Reads an integer that some converters write once per layer. Layers of different shapes are refused.
  private mutating func uniformInteger(_ key: String) throws(CheckpointError) -> Int {
    guard case .integers(let perLayer)? = values[full(key)] else { return try integer(key) }
    unread.remove(full(key))
    guard let first = perLayer.first, perLayer.allSatisfy({ $0 == first }), let integer = Int(exactly: first),
      integer >= 0
    else {
      throw CheckpointError(
        path: path, key: full(key), "layers of different shapes are not supported",
        found: "\(Set(perLayer).sorted().prefix(4))")
    }
    return integer
  }

  private mutating func number(_ key: String) throws(CheckpointError) -> Double {
    let value = try value(key)
    guard let number = value.number, number.isFinite else {
      throw CheckpointError(path: path, key: full(key), "unusable", expected: "a number", found: value.kind)
    }
    return number
  }

  private mutating func string(_ key: String) throws(CheckpointError) -> String {
    let value = try value(key)
    guard let string = value.string else {
      throw CheckpointError(path: path, key: full(key), "unusable", expected: "a string", found: value.kind)
    }
    return string
  }

  private mutating func require(_ key: String, equals expected: Int, _ what: String) throws(CheckpointError) {
    let found = try integer(key)
    guard found == expected else {
      throw CheckpointError(
        path: path, key: full(key), "must equal \(what)", expected: "\(expected)", found: "\(found)")
    }
  }
}
