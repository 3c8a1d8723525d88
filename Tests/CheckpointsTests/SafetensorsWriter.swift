// autointerp
// `SafetensorsWriter` writes small safetensors models for tests, valid ones and invalid ones.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints

/// Makes safetensors bytes.
enum SafetensorsWriter {
  /// Makes a file with the given header text.
  static func file(header: String, data: [UInt8]) -> [UInt8] {
    GGUFWriter.little(UInt64(header.utf8.count)) + Array(header.utf8) + data
  }

  /// Makes a valid file of Float32 tensors.
  static func file(_ tensors: [(name: String, shape: [Int], values: [Float])]) -> [UInt8] {
    var entries: [String] = ["\"__metadata__\":{\"format\":\"pt\"}"]
    var data: [UInt8] = []
    for tensor in tensors {
      let start = data.count
      data += tensor.values.flatMap { GGUFWriter.little($0.bitPattern) }
      entries.append(
        "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),\"data_offsets\":[\(start),\(data.count)]}")
    }
    return file(header: "{\(entries.joined(separator: ","))}", data: data)
  }

  /// Returns a checkpoint's tensors under transformers' names.
  static func tensors(of checkpoint: Checkpoint) -> [(name: String, shape: [Int], values: [Float])] {
    checkpoint.weights.map { role, tensor in
      let shape = tensor.rowCount == 1 ? [tensor.columnCount] : [tensor.rowCount, tensor.columnCount]
      return (huggingFaceName(of: role), shape, tensor.floats())
    }.sorted { $0.name < $1.name }
  }

  /// Repeats the names instead of using the reader's, so that a wrong name in the reader is noticed.
  static func huggingFaceName(of role: WeightRole) -> String {
    switch role {
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

  /// Returns the members of the small model's config.json, as JSON text by key.
  static func configuration(of configuration: ModelConfiguration) -> [String: String] {
    let isLlama = configuration.architecture == .llama
    return [
      "model_type": "\"\(configuration.architecture.rawValue)\"",
      "architectures": isLlama ? "[\"LlamaForCausalLM\"]" : "[\"Qwen3ForCausalLM\"]",
      "num_hidden_layers": "\(configuration.layerCount)",
      "hidden_size": "\(configuration.modelDimension)",
      "intermediate_size": "\(configuration.feedForwardDimension)",
      "num_attention_heads": "\(configuration.headCount)",
      "num_key_value_heads": "\(configuration.keyValueHeadCount)",
      "head_dim": "\(configuration.headDimension)",
      "vocab_size": "\(configuration.vocabularySize)",
      "max_position_embeddings": "\(configuration.contextLength)",
      "rms_norm_eps": "1e-05",
      "hidden_act": "\"silu\"",
      "rope_theta": "10000.0",
      "tie_word_embeddings": "\(configuration.tiedUnembedding)",
      "torch_dtype": "\"float32\"",
      "initializer_range": "0.25",
      "attention_bias": "false",
    ]
  }

  static func text(_ members: [String: String]) -> String {
    "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
  }
}
