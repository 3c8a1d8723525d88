// autointerp
// `Checkpoint.random` makes a model of random weights from a seed, for tests and benchmarks.
// SPDX-License-Identifier: Apache-2.0

package import Checkpoints

extension Checkpoint {
  /// Makes a checkpoint of normally distributed weights, held in memory.
  ///
  /// Projections and embeddings are drawn from N(0, `standardDeviation`). Gains of norms are drawn from N(1, 0.1), so
  /// that a test notices a gain that was left out. The seed and the role determine each weight, so two configurations
  /// share the weights that have the same role and shape.
  ///
  /// - Parameters:
  ///   - configuration: the model's shape.
  ///   - seed: the same seed gives the same weights on every machine.
  ///   - standardDeviation: of projections and embeddings. Models are usually initialised with 0.02; small models
  ///     need more (0.25 at a width of 32), because otherwise their activations are close to zero.
  ///   - elementType: how projections and embeddings are stored: F32, F16 or BF16 (rounded to nearest even). Norms
  ///     are always F32.
  /// - Returns: a checkpoint that works like an opened one.
  /// - Precondition: `elementType` is F32, F16 or BF16.
  package static func random(
    configuration: ModelConfiguration, seed: UInt64, standardDeviation: Float = 0.02,
    elementType: ElementType = .float32
  ) -> Checkpoint {
    precondition(elementType.isPlain, "random weights are F32, F16 or BF16")
    var weights: [WeightRole: TensorView] = [:]
    var roles = configuration.rolesOutsideLayers
    for layer in 0..<configuration.layerCount { roles += configuration.roles(inLayer: layer) }
    for role in roles {
      let (rows, columns) = configuration.shape(of: role)
      var normal = NormalGenerator(seed: seed, stream: role.ggufName)
      let mean: Float = role.isNorm ? 1 : 0
      let deviation = role.isNorm ? 0.1 : standardDeviation
      let values = (0..<rows * columns).map { _ in mean + deviation * normal.next() }
      weights[role] = TensorView(
        name: role.ggufName, rows: rows, columns: columns, values: values,
        storedAs: role.isNorm ? .float32 : elementType)
    }
    let fingerprint = fingerprint(of: configuration, weights)
    return Checkpoint(
      name: "random-\(seed)", configuration: configuration, weights: weights, fingerprint: fingerprint)
  }
}

extension TensorView {
  /// Stores the values in a plain storage type, rounded to nearest even.
  fileprivate init(name: String, rows: Int, columns: Int, values: [Float], storedAs elementType: ElementType) {
    switch elementType {
    case .float16:
      let halves = values.map { Float16($0).bitPattern.littleEndian }
      self = halves.withUnsafeBytes {
        TensorView(name: name, rows: rows, columns: columns, elementType: elementType, bytes: $0)
      }
    case .bfloat16:
      let brains = values.map { Self.brainBits(of: $0).littleEndian }
      self = brains.withUnsafeBytes {
        TensorView(name: name, rows: rows, columns: columns, elementType: elementType, bytes: $0)
      }
    default:
      self.init(name: name, rows: rows, columns: columns, values: values)
    }
  }

  /// Returns the nearest BF16 (ties to even) of a finite value.
  static func brainBits(of value: Float) -> UInt16 {
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }
}

/// Generates standard normal values from a SplitMix64 stream.
///
/// Each value is a sum of twelve uniform numbers. That is normal enough for weights, and it needs no logarithm or
/// cosine, whose last bit differs between mathematics libraries.
private struct NormalGenerator {
  private var state: UInt64

  /// - Parameters:
  ///   - seed: shared by all streams.
  ///   - stream: the stream's name; each name gives different values.
  init(seed: UInt64, stream: String) {
    // FNV-1a of the name, so that every stream starts at another state.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    state = seed &* 0x9e37_79b9_7f4a_7c15 ^ hash
  }

  /// SplitMix64 (Steele, Lea and Flood 2014).
  private mutating func nextBits() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Returns the centred sum of twelve 16-bit uniforms: variance 1, computed exactly in integers.
  mutating func next() -> Float {
    var sum: Int32 = 0
    for _ in 0..<3 {
      let bits = nextBits()
      for part in 0..<4 { sum &+= Int32(truncatingIfNeeded: (bits >> (16 * UInt64(part))) & 0xFFFF) }
    }
    // Each of the twelve has mean 32767.5.
    return Float(sum - 393_210) / 65_536
  }
}
