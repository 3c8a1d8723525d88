// autointerp
// `GGUFModelTests` tests whole GGUF models: round trips, row permutation, defaults, and the files that are refused.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import TestSupport
import Testing

@Suite struct GGUFModelTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ writer: GGUFWriter) throws -> Checkpoint {
    try Checkpoint.open(folder.write("model.gguf", writer.finished()))
  }

  /// Returns the error of opening a changed model.
  private func refused(
    _ configuration: ModelConfiguration = .small(), sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout GGUFWriter) -> Void
  ) throws -> CheckpointError? {
    var writer = GGUFWriter(Checkpoint.random(configuration: configuration, seed: 1))
    change(&writer)
    let path = try folder.write("model.gguf", writer.finished())
    return refusal(sourceLocation: sourceLocation) { () throws(CheckpointError) in try Checkpoint.open(path) }
  }

  @Test(arguments: [ModelConfiguration.small(), .small(tied: false), .small(.qwen3), .small(.qwen3, tied: false)])
  func weightsComeBackAsTheyWereWritten(configuration: ModelConfiguration) throws {
    let original = Checkpoint.random(configuration: configuration, seed: 7)
    let opened = try open(GGUFWriter(original))
    #expect(opened.name == "small")
    expectSameModel(opened, original)
  }

  @Test func onlyLlamaModelsHavePermutedRows() throws {
    let llama = try open(GGUFWriter(Checkpoint.random(configuration: .small(), seed: 7)))
    let qwen3 = try open(GGUFWriter(Checkpoint.random(configuration: .small(.qwen3), seed: 7)))
    #expect(llama.weights[.query(layer: 1)]?.interleavedHeadCount == 4)
    #expect(llama.weights[.key(layer: 1)]?.interleavedHeadCount == 2)
    #expect(llama.weights[.value(layer: 1)]?.interleavedHeadCount == nil)
    #expect(qwen3.weights.values.allSatisfy { $0.interleavedHeadCount == nil })
  }

  @Test func missingOptionalKeysHaveTheFormatsDefaults() throws {
    var configuration = ModelConfiguration.small()
    configuration.headDimension = 4  // modelDimension / headCount
    configuration.keyValueHeadCount = 4
    let original = Checkpoint.random(configuration: configuration, seed: 7)
    var writer = GGUFWriter(original)
    for key in [
      "attention.head_count_kv", "attention.key_length", "attention.value_length", "rope.dimension_count",
      "rope.freq_base",
    ] { writer.remove("llama.\(key)") }
    expectSameModel(try open(writer), original)
  }

  @Test func ropeFactorsBecomeScaling() throws {
    let factors: [Float] = [1, 2.5, 8]
    let scaled = RotaryEmbedding(base: 10_000, scaling: .perFrequency(factors))
    let original = Checkpoint.random(configuration: .small(rotary: scaled), seed: 7)
    var writer = GGUFWriter(original)
    writer.add("rope_freqs.weight", [3], factors)
    expectSameModel(try open(writer), original)
  }

  /// llama.cpp assumes linear scaling unless the file names another type, and treats a factor of 0 as none.
  @Test(
    arguments: [
      (nil, ["rope.scaling.factor": 4], .linear(factor: 4)), (nil, ["rope.scale_linear": 4], .linear(factor: 4)),
      ("linear", ["rope.scaling.factor": 4], .linear(factor: 4)),
      ("linear", ["rope.scale_linear": 4], .linear(factor: 4)),
      ("linear", ["rope.scaling.factor": 4, "rope.scale_linear": 8], .linear(factor: 4)),
      (nil, ["rope.scaling.factor": 0], .none), (nil, ["rope.scaling.factor": 1], .none),
      ("none", ["rope.scaling.factor": 4, "rope.scale_linear": 8], .none), (nil, [:], .none),
    ] as [(String?, [String: Float], RotaryEmbedding.Scaling)])
  func linearScalingIsReadAsLlamaCppReadsIt(
    type: String?, factors: [String: Float], scaling: RotaryEmbedding.Scaling
  ) throws {
    var writer = GGUFWriter(Checkpoint.random(configuration: .small(), seed: 7))
    for (key, factor) in factors { writer.set("llama.\(key)", factor) }
    if let type { writer.set("llama.rope.scaling.type", type) }
    #expect(try open(writer).configuration.rotary.scaling == scaling)
  }

  @Test func positionsAreNotScaledTwice() throws {
    let error = try refused { writer in
      writer.set("llama.rope.scaling.factor", Float(4))
      writer.add("rope_freqs.weight", [3], [1, 2, 3])
    }
    #expect(error?.tensor == "rope_freqs.weight" && error?.key == "llama.rope.scaling.factor")
  }

  /// A key, its new value, and the part of it that the error must name (the key itself if nil).
  struct KeyCase: Sendable, CustomTestStringConvertible {
    var key: String
    var change: @Sendable (inout GGUFWriter, String) -> Void
    var testDescription: String { key }

    static func number(_ key: String, _ value: UInt32) -> KeyCase { KeyCase(key: key) { $0.set($1, value) } }
    static func float(_ key: String, _ value: Float) -> KeyCase { KeyCase(key: key) { $0.set($1, value) } }
    static func text(_ key: String, _ value: String) -> KeyCase { KeyCase(key: key) { $0.set($1, value) } }
    static func missing(_ key: String) -> KeyCase { KeyCase(key: key) { $0.remove($1) } }
  }

  @Test(arguments: [
    KeyCase.text("general.architecture", "mamba"),
    .text("general.architecture", "qwen3moe"),
    .missing("general.architecture"),
    .text("general.type", "adapter"),
    .number("general.alignment", 0),
    .number("general.alignment", 48),
    .missing("llama.block_count"),
    .missing("llama.embedding_length"),
    .missing("llama.attention.layer_norm_rms_epsilon"),
    .text("llama.block_count", "two"),
    .number("llama.expert_count", 8),
    .number("llama.expert_used_count", 2),
    .number("llama.attention.sliding_window", 4096),
    .float("llama.attention.scale", 0.1),
    .float("llama.attn_logit_softcapping", 50),
    .float("llama.logit_scale", 16),
    .float("llama.residual_scale", 0.2),
    .number("llama.rope.dimension_count", 4),
    .number("llama.attention.value_length", 4),
    .number("llama.vocab_size", 12),
    .text("llama.rope.scaling.type", "yarn"),
    .text("llama.rope.scaling.type", "longrope"),
    .float("llama.rope.scaling.attn_factor", 1.2),
    .text("llama.tensor_data_layout", "reversed"),
    KeyCase(key: "llama.attention.causal") { $0.set($1, false) },
    KeyCase(key: "llama.feed_forward_length") {
      $0.setArray($1, 4, [GGUFWriter.little(20 as UInt32), GGUFWriter.little(24 as UInt32)])
    },
  ])
  func keysThatAreNotUnderstoodAreNamed(test: KeyCase) throws { try expectNamed(test) }

  @Test(arguments: [
    KeyCase.number("llama.block_count", 0),
    .number("llama.attention.head_count", 0),
    .number("llama.attention.head_count_kv", 0),
    .number("llama.attention.head_count_kv", 3),
    .number("llama.embedding_length", 4_000_000_000),
    .number("llama.feed_forward_length", 0),
    .number("llama.context_length", 0),
    .float("llama.attention.layer_norm_rms_epsilon", 0),
    .float("llama.attention.layer_norm_rms_epsilon", 2),
    .float("llama.rope.freq_base", 0),
    .float("llama.rope.scaling.factor", -1),
    .float("llama.rope.scale_linear", -1),
    KeyCase(key: "llama.attention.key_length") { writer, key in
      for name in [key, "llama.attention.value_length", "llama.rope.dimension_count"] { writer.set(name, 7 as UInt32) }
    },
  ])
  func keysWhoseValuesAreOutOfRangeAreNamed(test: KeyCase) throws { try expectNamed(test) }

  private func expectNamed(_ test: KeyCase) throws {
    let error = try refused { test.change(&$0, test.key) }
    #expect(error?.key == test.key)
    #expect(error?.path.hasSuffix("model.gguf") == true)
  }

  @Test func keysThatDoNotDescribeTheMathematicsAreAccepted() throws {
    let original = Checkpoint.random(configuration: .small(), seed: 7)
    var writer = GGUFWriter(original)
    writer.set("general.file_type", 3 as UInt32)
    writer.set("general.type", "model")
    writer.set("quantize.imatrix.file", "x.dat")
    writer.set("llama.vocab_size", 11 as UInt32)
    writer.set("llama.expert_count", 0 as UInt32)
    writer.set("llama.rope.scaling.type", "none")
    writer.set("llama.tensor_data_layout", "Meta AI original pth")
    writer.setArray("llama.feed_forward_length", 4, [GGUFWriter.little(20 as UInt32), GGUFWriter.little(20 as UInt32)])
    writer.setArray("tokenizer.ggml.tokens", 8, [GGUFWriter.text("<s>"), GGUFWriter.text("é")])
    expectSameModel(try open(writer), original)
  }

  @Test(arguments: [
    ("blk.0.attn_q.bias", [24]), ("blk.1.ffn_gate_exps.weight", [16, 20, 4]), ("blk.0.attn_q_norm.weight", [6]),
    ("blk.2.attn_norm.weight", [16]), ("something.else", [1]),
  ])
  func tensorsWithoutARoleAreNamed(name: String, dimensions: [Int]) throws {
    let error = try refused { writer in
      writer.add(name, dimensions, [Float](repeating: 0, count: dimensions.reduce(1, *)))
    }
    #expect(error?.tensor == name)
  }

  @Test func everyMissingTensorIsNamed() throws {
    let configuration = ModelConfiguration.small(.qwen3, tied: false)
    let tensors = GGUFWriter(Checkpoint.random(configuration: configuration, seed: 1)).tensors
    // Without an unembedding the model counts as tied and is complete.
    for tensor in tensors where tensor.name != "output.weight" {
      let error = try refused(configuration) { writer in writer.tensors.removeAll { $0.name == tensor.name } }
      #expect(error?.tensor == tensor.name)
    }
  }

  @Test func everyWrongShapeIsNamed() throws {
    let names = GGUFWriter(Checkpoint.random(configuration: .small(), seed: 1)).tensors.map(\.name)
    for (index, name) in names.enumerated() {
      let error = try refused { writer in
        writer.tensors[index].dimensions[0] += 1
        let count = writer.tensors[index].dimensions.reduce(1, *)
        writer.tensors[index].bytes = [UInt8](repeating: 0, count: Int(count) * 4)
      }
      #expect(error?.tensor == name)
    }
  }

  @Test func quantisedNormsAreRefused() throws {
    var configuration = ModelConfiguration.small()
    configuration.modelDimension = 32
    let error = try refused(configuration) { writer in
      let index = writer.tensors.firstIndex { $0.name == "output_norm.weight" }!
      writer.tensors[index].typeCode = 8
      writer.tensors[index].bytes = [UInt8](repeating: 0, count: 34)
    }
    #expect(error?.tensor == "output_norm.weight")
    #expect(error?.found == "Q8_0")
  }

  @Test(arguments: [[1, 2] as [Float], [1, 2, 0], [1, 2, -1], [1, 2, .nan]])
  func unusableRopeFactorsAreRefused(factors: [Float]) throws {
    let error = try refused { $0.add("rope_freqs.weight", [factors.count], factors) }
    #expect(error?.tensor == "rope_freqs.weight")
  }
}
