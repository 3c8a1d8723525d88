// autointerp
// `Checkpoint.open(gguf:)` builds a checkpoint from a GGUF file.
// SPDX-License-Identifier: Apache-2.0

extension Checkpoint {
  /// Opens a GGUF model: reads its configuration and gives every tensor its role.
  ///
  /// - Throws: an error that names the key or tensor that is missing, has the wrong shape or is not understood.
  static func open(gguf path: String) throws(CheckpointError) -> Checkpoint {
    let file = try GGUFFile.open(path)
    var metadata = try GGUFMetadata(file)
    let configuration = try metadata.configuration(of: file.tensors)
    var views: [String: TensorView] = [:]
    for tensor in file.tensors.values where tensor.name != "rope_freqs.weight" {
      // A vector becomes one row. No weight has more than two dimensions, so such a tensor gets an empty shape, which
      // is refused.
      let rank = tensor.dimensions.count
      views[tensor.name] = TensorView(
        name: tensor.name, rowCount: rank == 1 ? 1 : rank == 2 ? tensor.dimensions[1] : 0,
        columnCount: tensor.dimensions[0], elementType: tensor.elementType, bytes: tensor.bytes, owner: tensor.file)
    }
    let name = ModelName.gguf(
      path: path, name: file.metadata["general.name"]?.string, baseName: file.metadata["general.basename"]?.string)
    return try Checkpoint(
      name: name, path: path, configuration: configuration, tensors: views, naming: { $0.ggufName },
      interleaved: configuration.architecture == .llama)
  }
}

extension WeightRole {
  /// The tensor's name in a GGUF file.
  package var ggufName: String {
    switch self {
    case .tokenEmbedding: "token_embd.weight"
    case .outputNorm: "output_norm.weight"
    case .unembedding: "output.weight"
    case .attentionNorm(let layer): "blk.\(layer).attn_norm.weight"
    case .query(let layer): "blk.\(layer).attn_q.weight"
    case .key(let layer): "blk.\(layer).attn_k.weight"
    case .value(let layer): "blk.\(layer).attn_v.weight"
    case .queryNorm(let layer): "blk.\(layer).attn_q_norm.weight"
    case .keyNorm(let layer): "blk.\(layer).attn_k_norm.weight"
    case .attentionOutput(let layer): "blk.\(layer).attn_output.weight"
    case .feedForwardNorm(let layer): "blk.\(layer).ffn_norm.weight"
    case .gate(let layer): "blk.\(layer).ffn_gate.weight"
    case .up(let layer): "blk.\(layer).ffn_up.weight"
    case .down(let layer): "blk.\(layer).ffn_down.weight"
    }
  }
}
