// autointerp
// `Checkpoint.fingerprint` computes a digest that tells two models apart, quickly even for very large ones.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

extension Checkpoint {
  /// Tensors up to this size are hashed completely.
  static let wholeTensorBytes = 1 << 20
  /// Larger tensors contribute this many bytes from the start, from the end and from each sample in between.
  static let sampleBytes = 4096
  static let sampleCount = 16

  /// Returns BLAKE2b-256, in hexadecimal, over the configuration and every weight's role, type, shape and bytes, in a
  /// fixed order.
  ///
  /// A tensor of more than 1 MiB contributes its first and last 4 KiB and 16 evenly spaced samples of 4 KiB, so that
  /// a model of 16 GB takes a fraction of a second. Models, fine-tunes and quantisations differ in whole tensors and
  /// get different fingerprints. Somebody who changes single weights on purpose can keep the fingerprint.
  package static func fingerprint(of configuration: ModelConfiguration, _ weights: [WeightRole: TensorView]) -> String {
    let ordered = weights.map { (role: $0.key.ggufName, tensor: $0.value) }.sorted { $0.role < $1.role }
    // Request all samples before reading the first one, so that the disk can fetch them in parallel.
    for (_, tensor) in ordered {
      guard tensor.bytes.count > wholeTensorBytes, let file = tensor.owner as? MappedFile else { continue }
      for range in sampleRanges(byteCount: tensor.bytes.count) {
        file.prefetch(UnsafeRawBufferPointer(rebasing: tensor.bytes[range]))
      }
    }
    var digest = Digest()
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
    return digest.bytes().hexadecimal
  }

  /// Returns the parts of a large tensor that are hashed: the first, 16 evenly spaced ones, the last.
  static func sampleRanges(byteCount: Int) -> [Range<Int>] {
    let last = byteCount - sampleBytes
    var starts = [0]
    for sample in 1...sampleCount { starts.append(last / (sampleCount + 1) * sample) }
    starts.append(last)
    return starts.map { $0..<$0 + sampleBytes }
  }
}

extension ModelConfiguration {
  /// Lists every field, one per line; floats are written as their bits, so that nothing is rounded.
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
