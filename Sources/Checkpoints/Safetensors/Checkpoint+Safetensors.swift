// autointerp
// `Checkpoint.open` builds a checkpoint from safetensors files and their config.json.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension Checkpoint {
  /// Opens a model from its configuration and its tensors.
  ///
  /// If a tied model's file also stores an unembedding, it must equal the embedding and is left out.
  ///
  /// - Throws: an error that names the key or tensor that is missing, has the wrong shape or is not understood.
  static func open(
    name: String, path: String, configuration configurationPath: String, tensors: [String: TensorView]
  ) throws(CheckpointError) -> Checkpoint {
    var file = try HuggingFaceConfiguration(path: configurationPath)
    let configuration = try file.configuration()
    var tensors = tensors
    if configuration.tiedUnembedding,
      let unembedding = tensors.removeValue(forKey: WeightRole.unembedding.safetensorsName),
      let embedding = tensors[WeightRole.tokenEmbedding.safetensorsName]
    {
      guard embedding.isIdentical(to: unembedding) else {
        throw CheckpointError(
          path: path, tensor: unembedding.name, key: "tie_word_embeddings",
          "the configuration says that it equals the token embedding, but it does not")
      }
    }
    return try Checkpoint(
      name: name, path: path, configuration: configuration, tensors: tensors, naming: { $0.safetensorsName },
      interleaved: false)
  }
}

extension TensorView {
  /// True if the other tensor has the same shape, type and bytes.
  fileprivate func isIdentical(to other: TensorView) -> Bool {
    guard elementType == other.elementType, rowCount == other.rowCount, columnCount == other.columnCount,
      bytes.count == other.bytes.count, let left = bytes.baseAddress, let right = other.bytes.baseAddress
    else { return false }
    return memcmp(left, right, bytes.count) == 0
  }
}

extension WeightRole {
  /// The tensor's name in safetensors files written by transformers.
  var safetensorsName: String {
    switch self {
    case .tokenEmbedding: "model.embed_tokens.weight"
    case .outputNorm: "model.norm.weight"
    case .unembedding: "lm_head.weight"
    case .attentionNorm(let layer): "model.layers.\(layer).input_layernorm.weight"
    case .query(let layer): "model.layers.\(layer).self_attn.q_proj.weight"
    case .key(let layer): "model.layers.\(layer).self_attn.k_proj.weight"
    case .value(let layer): "model.layers.\(layer).self_attn.v_proj.weight"
    case .queryNorm(let layer): "model.layers.\(layer).self_attn.q_norm.weight"
    case .keyNorm(let layer): "model.layers.\(layer).self_attn.k_norm.weight"
    case .attentionOutput(let layer): "model.layers.\(layer).self_attn.o_proj.weight"
    case .feedForwardNorm(let layer): "model.layers.\(layer).post_attention_layernorm.weight"
    case .gate(let layer): "model.layers.\(layer).mlp.gate_proj.weight"
    case .up(let layer): "model.layers.\(layer).mlp.up_proj.weight"
    case .down(let layer): "model.layers.\(layer).mlp.down_proj.weight"
    }
  }
}
