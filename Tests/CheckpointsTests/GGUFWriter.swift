// autointerp
// `GGUFWriter` writes small GGUF files for tests, valid ones and invalid ones.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints

/// A GGUF file under construction. Tests can make every part of it wrong.
struct GGUFWriter {
  struct Tensor {
    var name: String
    /// Innermost first.
    var dimensions: [UInt64]
    var typeCode: UInt32
    var bytes: [UInt8]
    /// Overrides the next free offset.
    var offset: UInt64?
  }

  var version: UInt32 = 3
  var alignment = 32
  var keys: [(String, [UInt8])] = []
  var tensors: [Tensor] = []
  /// Overrides the true numbers.
  var tensorCount: UInt64?
  var keyCount: UInt64?

  static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }

  mutating func set(_ key: String, _ code: UInt32, _ bytes: [UInt8]) {
    let entry = (key, Self.little(code) + bytes)
    if let index = keys.firstIndex(where: { $0.0 == key }) { keys[index] = entry } else { keys.append(entry) }
  }

  mutating func set(_ key: String, _ value: UInt32) { set(key, 4, Self.little(value)) }
  mutating func set(_ key: String, _ value: Float) { set(key, 6, Self.little(value.bitPattern)) }
  mutating func set(_ key: String, _ value: Bool) { set(key, 7, [value ? 1 : 0]) }
  mutating func set(_ key: String, _ value: String) { set(key, 8, Self.text(value)) }

  mutating func setArray(_ key: String, _ elementCode: UInt32, _ elements: [[UInt8]]) {
    set(key, 9, Self.little(elementCode) + Self.little(UInt64(elements.count)) + elements.flatMap { $0 })
  }

  mutating func remove(_ key: String) { keys.removeAll { $0.0 == key } }

  mutating func add(_ name: String, _ dimensions: [Int], _ values: [Float]) {
    let bytes = values.flatMap { Self.little($0.bitPattern) }
    tensors.append(Tensor(name: name, dimensions: dimensions.map(UInt64.init), typeCode: 0, bytes: bytes))
  }

  /// Where the data section of the finished file starts.
  var dataStart: Int { header().count }

  func finished() -> [UInt8] {
    var file = header()
    let start = file.count
    for (tensor, offset) in zip(tensors, offsets()) {
      guard tensor.offset == nil else { continue }
      file += [UInt8](repeating: 0, count: start + Int(offset) - file.count)
      file += tensor.bytes
    }
    return file
  }

  private func offsets() -> [UInt64] {
    var next = 0
    return tensors.map { tensor in
      if let offset = tensor.offset { return offset }
      defer { next = (next + tensor.bytes.count + alignment - 1) / alignment * alignment }
      return UInt64(next)
    }
  }

  private func header() -> [UInt8] {
    var bytes = Array("GGUF".utf8) + Self.little(version)
    bytes += Self.little(tensorCount ?? UInt64(tensors.count)) + Self.little(keyCount ?? UInt64(keys.count))
    for (key, value) in keys { bytes += Self.text(key) + value }
    for (tensor, offset) in zip(tensors, offsets()) {
      bytes += Self.text(tensor.name) + Self.little(UInt32(tensor.dimensions.count))
      bytes += tensor.dimensions.flatMap { Self.little($0) } + Self.little(tensor.typeCode) + Self.little(offset)
    }
    return bytes + [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
  }
}

extension GGUFWriter {
  /// Writes a complete model with a checkpoint's weights (Float32), with q and k permuted as in GGUF files.
  init(_ checkpoint: Checkpoint) {
    let configuration = checkpoint.configuration
    let architecture = configuration.architecture.rawValue
    set("general.architecture", architecture)
    set("general.name", "small")
    set("\(architecture).block_count", UInt32(configuration.layerCount))
    set("\(architecture).context_length", UInt32(configuration.contextLength))
    set("\(architecture).embedding_length", UInt32(configuration.modelDimension))
    set("\(architecture).feed_forward_length", UInt32(configuration.feedForwardDimension))
    set("\(architecture).attention.head_count", UInt32(configuration.headCount))
    set("\(architecture).attention.head_count_kv", UInt32(configuration.keyValueHeadCount))
    set("\(architecture).attention.key_length", UInt32(configuration.headDimension))
    set("\(architecture).attention.value_length", UInt32(configuration.headDimension))
    set("\(architecture).rope.dimension_count", UInt32(configuration.headDimension))
    set("\(architecture).attention.layer_norm_rms_epsilon", configuration.rmsEpsilon)
    set("\(architecture).rope.freq_base", Float(configuration.rotary.base))
    for (role, tensor) in checkpoint.weights.sorted(by: { $0.value.name < $1.value.name }) {
      var values = tensor.floats()
      switch role {
      case .query where configuration.architecture == .llama:
        values = Self.permuted(values, rows: tensor.rowCount, heads: configuration.headCount)
      case .key where configuration.architecture == .llama:
        values = Self.permuted(values, rows: tensor.rowCount, heads: configuration.keyValueHeadCount)
      default: break
      }
      let dimensions =
        tensor.rowCount == 1 ? [tensor.columnCount] : [tensor.columnCount, tensor.rowCount]
      add(tensor.name, dimensions, values)
    }
  }

  /// The converter's permutation: the rows `[2, d/2]` of each head are written as `[d/2, 2]`.
  static func permuted(_ values: [Float], rows: Int, heads: Int) -> [Float] {
    let columns = values.count / rows
    let half = rows / heads / 2
    var result: [Float] = []
    for head in 0..<heads {
      for pair in 0..<half {
        for part in 0..<2 {
          let row = (head * 2 + part) * half + pair
          result += values[row * columns..<(row + 1) * columns]
        }
      }
    }
    return result
  }
}
