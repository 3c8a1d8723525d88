// autointerp
// `Decoder.checkpoints` lists the decoders of model files and tokenizers for fuzzing.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import TestSupport

extension Decoder {
  static var checkpoints: [Decoder] {
    [
      Decoder("gguf", file: "model.gguf", decodeGGUF) {
        let model = GGUFWriter(.random(configuration: small, seed: 1))
        var tokenizer = GGUFWriter()
        tokenizer.set("general.architecture", "llama")
        tokenizer.set("tokenizer.ggml.model", "gpt2")
        tokenizer.set("tokenizer.ggml.pre", "smollm")
        tokenizer.setArray("tokenizer.ggml.tokens", 8, ["a", "b", "ab", "<|im_end|>"].map(GGUFWriter.text))
        tokenizer.setArray("tokenizer.ggml.merges", 8, [GGUFWriter.text("a b")])
        tokenizer.setArray("tokenizer.ggml.token_type", 5, [1, 1, 1, 3].map { GGUFWriter.little($0 as Int32) })
        tokenizer.set("tokenizer.ggml.eos_token_id", UInt32(3))
        return [model.finished(), tokenizer.finished()]
      },
      Decoder("safetensors", file: "model.safetensors", { readAll(Array(try SafetensorsFile($0).tensors.values)) }) {
        [
          SafetensorsWriter.file([("a", [2, 3], [1, 2, 3, 4, 5, 6]), ("b", [1], [7])]),
          SafetensorsWriter.file(
            header: #"{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#, data: [0, 1, 2, 3]),
        ]
      },
      Decoder("config-json", file: "config.json", decodeConfiguration) {
        [Array(SafetensorsWriter.text(SafetensorsWriter.configuration(of: small)).utf8)]
      },
      // scripts/fuzz copies the tests' fixtures as its seeds.
      Decoder("tokenizer-json", file: "tokenizer.json", decodeTokenizer) { [] },
    ]
  }

  /// A model that fits in a few kilobytes.
  private static let small = ModelConfiguration(
    architecture: .llama, layerCount: 1, headCount: 2, keyValueHeadCount: 1, headDimension: 2, modelDimension: 4,
    feedForwardDimension: 4, vocabularySize: 4, contextLength: 8, rmsEpsilon: 1e-5,
    rotary: RotaryEmbedding(base: 10_000), tiedUnembedding: true)

  private static let text = "A b  ab\n\u{E9}<|im_end|> 12"

  private static func readAll(_ tensors: [TensorView]) {
    for tensor in tensors { _ = tensor.floats() }
  }

  private static func decodeGGUF(_ path: String) throws {
    let file = try GGUFFile.open(path)
    for tensor in file.tensors.values { _ = tensor.bytes.reduce(0, ^) }
    if let tokenizer = try? Tokenizer.open(file) { _ = tokenizer.decode(tokenizer.encode(text, special: .parsed)) }
    if let model = try? Checkpoint.open(path) { readAll(Array(model.weights.values)) }
  }

  /// The weights that fit the configuration, in the same folder.
  private static let weights: Void = {
    let tensors = SafetensorsWriter.tensors(of: .random(configuration: small, seed: 1))
    let file = URL(filePath: scratchFolder + "model.safetensors")
    do { try Data(SafetensorsWriter.file(tensors)).write(to: file) } catch { fatalError("\(error)") }
  }()

  private static func decodeConfiguration(_ path: String) throws {
    _ = weights
    readAll(Array(try Checkpoint.open(String(path.dropLast("/config.json".count))).weights.values))
  }

  private static func decodeTokenizer(_ path: String) throws {
    let tokenizer = try Tokenizer.open(String(path.dropLast("/tokenizer.json".count)))
    _ = tokenizer.decode(tokenizer.encode(text, special: .parsed))
  }
}
