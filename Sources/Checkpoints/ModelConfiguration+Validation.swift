// autointerp
// `ModelConfiguration.validate` checks the values read from a file; `shape(of:)` says what shape each weight must have.
// SPDX-License-Identifier: Apache-2.0

extension ModelConfiguration {
  /// A value that the file formats store under a key.
  enum Quantity: CaseIterable {
    case layerCount
    case headCount
    case keyValueHeadCount
    case headDimension
    case modelDimension
    case feedForwardDimension
    case vocabularySize
    case contextLength
    case rmsEpsilon
    case rotaryBase
    case rotaryScaling
  }

  /// Larger than any dimension of a real model. A product of two such dimensions still fits an `Int`.
  private static let maximumDimension = Int(Int32.max)

  /// Checks ranges and divisibility.
  ///
  /// - Parameters:
  ///   - path: the file, for errors.
  ///   - key: returns the key from which the file's format took a quantity.
  /// - Throws: an error that names the key.
  func validate(path: String, key: (Quantity) -> String) throws(CheckpointError) {
    func refuse(
      _ quantity: Quantity, _ problem: String, expected: String? = nil, found: some Any
    ) throws(CheckpointError) {
      throw CheckpointError(path: path, key: key(quantity), problem, expected: expected, found: "\(found)")
    }
    let dimensions: [(Quantity, Int)] = [
      (.layerCount, layerCount), (.headCount, headCount), (.keyValueHeadCount, keyValueHeadCount),
      (.modelDimension, modelDimension), (.headDimension, headDimension),
      (.feedForwardDimension, feedForwardDimension), (.vocabularySize, vocabularySize),
      (.contextLength, contextLength),
    ]
    for (quantity, value) in dimensions where value < 1 || value > Self.maximumDimension {
      try refuse(quantity, "out of range", expected: "1 to \(Self.maximumDimension)", found: value)
    }
    if headCount % keyValueHeadCount != 0 {
      try refuse(
        .keyValueHeadCount, "must divide \(key(.headCount))", expected: "a divisor of \(headCount)",
        found: keyValueHeadCount)
    }
    if headDimension % 2 != 0 {
      try refuse(.headDimension, "the dimension of a head must be even for rotary positions", found: headDimension)
    }
    if !(rmsEpsilon > 0 && rmsEpsilon < 1) {
      try refuse(.rmsEpsilon, "out of range", expected: "more than 0, less than 1", found: rmsEpsilon)
    }
    if !(rotary.base > 1 && rotary.base.isFinite) {
      try refuse(.rotaryBase, "the base of positions is out of range", expected: "more than 1", found: rotary.base)
    }
    if !rotary.scaling.isUsable(headDimension: headDimension) {
      try refuse(.rotaryScaling, "the scaling of positions is out of range", found: rotary.scaling)
    }
  }

  /// The rows and columns that a weight must have.
  package func shape(of role: WeightRole) -> (rows: Int, columns: Int) {
    switch role {
    case .tokenEmbedding, .unembedding: (vocabularySize, modelDimension)
    case .outputNorm, .attentionNorm, .feedForwardNorm: (1, modelDimension)
    case .query: (headCount * headDimension, modelDimension)
    case .key, .value: (keyValueHeadCount * headDimension, modelDimension)
    case .queryNorm, .keyNorm: (1, headDimension)
    case .attentionOutput: (modelDimension, headCount * headDimension)
    case .gate, .up: (feedForwardDimension, modelDimension)
    case .down: (modelDimension, feedForwardDimension)
    }
  }

  /// The weights of one layer, in the order of their use.
  package func roles(inLayer layer: Int) -> [WeightRole] {
    var roles: [WeightRole] = [.attentionNorm(layer: layer), .query(layer: layer), .key(layer: layer)]
    roles.append(.value(layer: layer))
    if architecture == .qwen3 { roles += [.queryNorm(layer: layer), .keyNorm(layer: layer)] }
    roles += [.attentionOutput(layer: layer), .feedForwardNorm(layer: layer), .gate(layer: layer)]
    roles += [.up(layer: layer), .down(layer: layer)]
    return roles
  }

  /// The weights outside the layers.
  package var rolesOutsideLayers: [WeightRole] {
    tiedUnembedding ? [.tokenEmbedding, .outputNorm] : [.tokenEmbedding, .outputNorm, .unembedding]
  }
}

extension RotaryEmbedding.Scaling {
  fileprivate func isUsable(headDimension: Int) -> Bool {
    switch self {
    case .none: true
    case .linear(let factor): factor.isFinite && factor > 0
    case .llama3(let factor, let low, let high, let originalContextLength):
      factor.isFinite && factor > 0 && low.isFinite && low > 0 && high.isFinite && high > low
        && originalContextLength > 0
    case .perFrequency(let factors):
      factors.count == headDimension / 2 && factors.allSatisfy { $0.isFinite && $0 > 0 }
    }
  }
}

extension WeightRole {
  /// True for the gains of RMSNorm.
  package var isNorm: Bool {
    switch self {
    case .outputNorm, .attentionNorm, .queryNorm, .keyNorm, .feedForwardNorm: true
    default: false
    }
  }
}
