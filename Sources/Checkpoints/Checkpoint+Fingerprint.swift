// autointerp
// A digest of a model that is quick even for very large ones.
// SPDX-License-Identifier: Apache-2.0

extension Checkpoint {
  /// Tensors up to this size are hashed whole.
  static let wholeTensorBytes = 1 << 20
  /// Of larger ones this many bytes at a time, at evenly spaced places, besides the first and the last.
  static let sampleBytes = 4096
  static let sampleCount = 16

  /// BLAKE2b-256 over the configuration and, in a fixed order, every weight's role, type, shape and bytes, in hexadecimal.
  ///
  /// A tensor of more than 1 MiB contributes its first and last 4 KiB and 16 evenly spaced samples of 4 KiB instead of
  /// all its bytes, so that a model of 16 GB is known in a fraction of a second. This tells models, fine-tunes and
  /// quantisations apart, since those change whole tensors; it is not a proof against somebody who changes
  /// single weights on purpose.
  package static func fingerprint(of configuration: ModelConfiguration, _ weights: [WeightRole: TensorView]) -> String {
    let ordered = weights.map { (role: $0.key.ggufName, tensor: $0.value) }.sorted { $0.role < $1.role }
    // Ask for all samples before reading the first, so that a disk can fetch them side by side.
    for (_, tensor) in ordered {
      guard tensor.bytes.count > wholeTensorBytes, let file = tensor.owner as? MappedFile else { continue }
      for range in sampleRanges(byteCount: tensor.bytes.count) {
        file.prefetch(UnsafeRawBufferPointer(rebasing: tensor.bytes[range]))
      }
    }
    var digest = ContentDigest()
    digest.update(configuration.canonicalText)
    for (role, tensor) in ordered {
      let permutation = tensor.interleavedHeadCount.map { " interleaved \($0)" } ?? ""
      digest.update(
        "\(role) \(tensor.elementType.rawValue) [\(tensor.rowCount), \(tensor.columnCount)]\(permutation)\n")
      if tensor.bytes.count <= wholeTensorBytes {
        digest.update(tensor.bytes)
      } else {
        for range in sampleRanges(byteCount: tensor.bytes.count) {
          digest.update(UnsafeRawBufferPointer(rebasing: tensor.bytes[range]))
        }
      }
    }
    return digest.hexadecimal()
  }

  /// The parts of a large tensor that are hashed: first, 16 evenly spaced, last.
  static func sampleRanges(byteCount: Int) -> [Range<Int>] {
    let last = byteCount - sampleBytes
    var starts = [0]
    for sample in 1...sampleCount { starts.append(last / (sampleCount + 1) * sample) }
    starts.append(last)
    return starts.map { $0..<$0 + sampleBytes }
  }
}

extension ModelConfiguration {
  /// Every field, exactly (floats by their bits), one a line.
  var canonicalText: String {
    let scaling =
      switch rotary.scaling {
      case .none: "none"
      case .linear(let factor): "linear \(factor.bitPattern)"
      case .llama3(let factor, let low, let high, let length):
        "llama3 \(factor.bitPattern) \(low.bitPattern) \(high.bitPattern) \(length)"
      case .perFrequency(let factors): "per frequency \(factors.map { String($0.bitPattern) }.joined(separator: " "))"
      }
    return """
      architecture \(architecture.rawValue)
      layers \(layerCount)
      heads \(headCount) \(keyValueHeadCount) \(headDimension)
      dimensions \(modelDimension) \(feedForwardDimension)
      vocabulary \(vocabularySize)
      context \(contextLength)
      epsilon \(rmsEpsilon.bitPattern)
      rotary \(rotary.base.bitPattern) \(scaling)
      tied \(tiedUnembedding)

      """
  }
}
