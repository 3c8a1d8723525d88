// autointerp
// `SafetensorsTests` tests safetensors models: single files, shards, and the kinds of damage that are refused.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Platform
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func writeConfiguration(_ configuration: ModelConfiguration) throws {
    let text = SafetensorsWriter.text(SafetensorsWriter.configuration(of: configuration))
    try folder.write("config.json", Array(text.utf8))
  }

  private func error(opening bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws
    -> CheckpointError?
  {
    let path = try folder.write("model.safetensors", bytes)
    return refusal(sourceLocation: sourceLocation) { () throws(CheckpointError) in try SafetensorsFile(path) }
  }

  @Test(arguments: [ModelConfiguration.small(), .small(tied: false), .small(.qwen3), .small(.qwen3, tied: false)])
  func foldersAndFilesComeBackAsTheyWereWritten(configuration: ModelConfiguration) throws {
    let original = Checkpoint.random(configuration: configuration, seed: 5)
    try writeConfiguration(configuration)
    let file = try folder.write(
      "model.safetensors", SafetensorsWriter.file(SafetensorsWriter.tensors(of: original)))
    let fromFolder = try Checkpoint.open(folder.path)
    let fromFile = try Checkpoint.open(file)
    expectSameModel(fromFolder, original)
    expectSameModel(fromFile, original)
    #expect(fromFolder.fingerprint == fromFile.fingerprint)
    #expect(fromFile.name == fromFolder.name)
  }

  /// Writes a model as two shards and an index.
  private func writeShards(
    of original: Checkpoint, renaming: (String) -> String = { $0 }, leavingOut missing: String? = nil
  ) throws {
    try writeConfiguration(original.configuration)
    let tensors = SafetensorsWriter.tensors(of: original)
    var map: [String] = []
    for shard in 0..<2 {
      let name = "model-0000\(shard + 1)-of-00002.safetensors"
      let part = tensors.enumerated().filter { $0.offset % 2 == shard }.map(\.element)
      try folder.write(name, SafetensorsWriter.file(part))
      map += part.filter { $0.name != missing }.map { "\"\($0.name)\": \"\(renaming(name))\"" }
    }
    let index = "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {\(map.joined(separator: ", "))}}"
    try folder.write("model.safetensors.index.json", Array(index.utf8))
  }

  @Test func shardsComeBackAsTheyWereWritten() throws {
    let original = Checkpoint.random(configuration: .small(tied: false), seed: 5)
    try writeShards(of: original)
    expectSameModel(try Checkpoint.open(folder.path), original)
  }

  @Test(arguments: ["../model.safetensors", "/etc/model.safetensors", ".hidden.safetensors", "model.bin"])
  func anIndexMustNotLeadOutOfItsFolder(name: String) throws {
    try writeShards(of: Checkpoint.random(configuration: .small(), seed: 5), renaming: { _ in name })
    let path = folder.path
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(path) }?.key == "weight_map")
  }

  @Test func indexAndShardsMustAgree() throws {
    let original = Checkpoint.random(configuration: .small(), seed: 5)
    let path = folder.path
    try writeShards(of: original, leavingOut: "model.norm.weight")
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(path) }?.tensor == "model.norm.weight")
    try writeShards(of: original, renaming: { _ in "model-00001-of-00002.safetensors" })
    #expect(
      refusal { () throws(CheckpointError) in try Checkpoint.open(path) }?.problem.contains("index says") == true)
    try writeShards(of: original)
    try folder.remove("model-00002-of-00002.safetensors")
    let error = refusal { () throws(CheckpointError) in try Checkpoint.open(path) }
    #expect(error?.path.hasSuffix("model-00002-of-00002.safetensors") == true)
  }

  @Test func halvesAreRead() throws {
    let header = """
      {"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[4,8]}}
      """
    let data: [UInt8] = [0x00, 0x3C, 0x00, 0xC0, 0x80, 0x3F, 0x00, 0xC0]
    let file = try SafetensorsFile(folder.write("h.safetensors", SafetensorsWriter.file(header: header, data: data)))
    #expect(file.tensors["h"]?.floats() == [1, -2])
    #expect(file.tensors["b"]?.floats() == [1, -2])
  }

  @Test func truncationAtEveryByteIsAnError() throws {
    let bytes = SafetensorsWriter.file([("a", [2, 3], [1, 2, 3, 4, 5, 6]), ("b", [4], [1, 2, 3, 4])])
    for count in 0..<bytes.count {
      let error = try error(opening: Array(bytes[..<count]))
      #expect(error?.offset != nil, "\(count) of \(bytes.count) bytes: \(error?.description ?? "accepted")")
    }
    let longer = try error(opening: bytes + [0])
    #expect(longer?.problem.contains("belongs to no tensor") == true)
  }

  @Test func flippedBitsNeverCrash() throws {
    let bytes = SafetensorsWriter.file([("a", [2, 3], [1, 2, 3, 4, 5, 6]), ("b", [4], [1, 2, 3, 4])])
    var generator = SplitMix64(seed: 20)
    for _ in 0..<4000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        damaged[Int.random(in: 0..<bytes.count - 40, using: &generator)] ^=
          1 << UInt8.random(in: 0..<8, using: &generator)
      }
      let path = try folder.write("damaged.safetensors", damaged)
      do throws(CheckpointError) {
        // Files that are still accepted must be readable to their last byte.
        for tensor in try SafetensorsFile(path).tensors.values { _ = tensor.floats() }
      } catch {
        if error.path != path { Issue.record("\(error)") }
      }
    }
  }

  @Test(
    arguments: [
      (#"[1]"#, nil), (#"{"a":{}}"#, "a"), (#"{"a":1}"#, "a"),
      (#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#, "a"),
      (#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0.0,8]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, nil),
      (#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, "a"),
      (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775800,9223372036854775804]}}"#, "a"),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        "b"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
        nil
      ),
      (#"{"__metadata__":{"x":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, nil),
    ] as [(String, String?)])
  func wrongHeadersAreRefused(header: String, tensor: String?) throws {
    let error = try error(opening: SafetensorsWriter.file(header: header, data: [UInt8](repeating: 0, count: 8)))
    #expect(error?.offset != nil)
    if let tensor { #expect(error?.tensor == tensor) }
  }

  @Test func headersOfImpossibleLengthAreRefused() throws {
    for length in [UInt64(0), 7, 100_000_001, UInt64(Int.max), .max] {
      let error = try error(opening: GGUFWriter.little(length) + Array("{}".utf8))
      #expect(error?.offset != nil)
    }
  }

  @Test func theUnembeddingOfATiedModelMustBeItsEmbedding() throws {
    let original = Checkpoint.random(configuration: .small(), seed: 5)
    try writeConfiguration(original.configuration)
    var tensors = SafetensorsWriter.tensors(of: original)
    let embedding = try #require(tensors.first { $0.name == "model.embed_tokens.weight" })
    tensors.append(("lm_head.weight", embedding.shape, embedding.values))
    try folder.write("model.safetensors", SafetensorsWriter.file(tensors))
    expectSameModel(try Checkpoint.open(folder.path), original)

    tensors[tensors.count - 1].values[3] += 1
    try folder.write("model.safetensors", SafetensorsWriter.file(tensors))
    let path = folder.path
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(path) }?.key == "tie_word_embeddings")
  }

  /// Buffers of any type and shape are ignored, as in transformers.
  @Test(arguments: [
    ("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", "[3]", 12), ("model.rotary_emb.inv_freq", "F32", "[2]", 8),
    ("model.rotary_emb.inv_freq", "F64", "[3]", 24), ("model.position_ids", "I64", "[1,4]", 32),
    ("position_ids", "I64", "[4]", 32),
  ])
  func savedBuffersAreNotWeights(name: String, type: String, shape: String, byteCount: Int) throws {
    let original = Checkpoint.random(configuration: .small(), seed: 5)
    try writeConfiguration(original.configuration)
    let weights = SafetensorsWriter.file(SafetensorsWriter.tensors(of: original))
    let headerBytes = Int(weights[0]) + Int(weights[1]) << 8 + Int(weights[2]) << 16
    let header = String(decoding: weights[8..<8 + headerBytes], as: UTF8.self)
    let data = Array(weights[(8 + headerBytes)...])
    let entry =
      "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(data.count),\(data.count + byteCount)]}"
    func file(_ entry: String) -> [UInt8] {
      SafetensorsWriter.file(
        header: "\(header.dropLast()),\(entry)}", data: data + [UInt8](repeating: 1, count: byteCount))
    }
    try folder.write("model.safetensors", file(entry))
    expectSameModel(try Checkpoint.open(folder.path), original)
    // If an index lists them, their absence is no error.
    try folder.remove("model.safetensors")
    try folder.write("model-00001-of-00001.safetensors", file(entry))
    let names = SafetensorsWriter.tensors(of: original).map(\.name) + [name]
    let map = names.map { "\"\($0)\": \"model-00001-of-00001.safetensors\"" }.joined(separator: ", ")
    try folder.write("model.safetensors.index.json", Array("{\"weight_map\": {\(map)}}".utf8))
    expectSameModel(try Checkpoint.open(folder.path), original)
    // Their place in the file is still checked.
    let overlapping = entry.replacing("\(data.count),", with: "\(data.count - 1),")
    try folder.write("model-00001-of-00001.safetensors", file(overlapping))
    let path = folder.path
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(path) }?.tensor == name)
  }

  @Test(arguments: ["model.layers.0.self_attn.q_proj.bias", "score.weight", "model.layers.2.mlp.up_proj.weight"])
  func tensorsWithoutARoleAreNamed(name: String) throws {
    let original = Checkpoint.random(configuration: .small(), seed: 5)
    try writeConfiguration(original.configuration)
    let tensors = SafetensorsWriter.tensors(of: original) + [(name, [1], [0])]
    try folder.write("model.safetensors", SafetensorsWriter.file(tensors))
    let path = folder.path
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(path) }?.tensor == name)
  }

  @Test func foldersWithoutAModelAreRefused() throws {
    let path = folder.path
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(path) } != nil)
    try writeConfiguration(.small())
    #expect(
      refusal { () throws(CheckpointError) in try Checkpoint.open(path) }?.expected?.contains("model.safetensors")
        == true)
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open("\(path)/absent.gguf") } != nil)
    let text = try folder.write("notes.txt", Array("hello".utf8))
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(text) } != nil)
  }
}
