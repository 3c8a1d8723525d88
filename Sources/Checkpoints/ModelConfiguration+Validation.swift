// autointerp
// Checks that a configuration from a file makes sense, and says which weights it calls for.
// SPDX-License-Identifier: Apache-2.0

extension ModelConfiguration {
  /// Larger than any dimension of any model; products of two still fit an `Int`.
  private static let maximumDimension = Int(Int32.max)

  /// Checks ranges and divisibility.
  ///
  /// - Throws: naming the quantity by its name in this type.
  func validate(path: String) throws(CheckpointError) {
    let dimensions = [
      ("layerCount", layerCount), ("headCount", headCount), ("keyValueHeadCount", keyValueHeadCount),
      ("headDimension", headDimension), ("modelDimension", modelDimension),
      ("feedForwardDimension", feedForwardDimension), ("vocabularySize", vocabularySize),
      ("contextLength", contextLength),
    ]
    for (name, value) in dimensions where value < 1 || value > Self.maximumDimension {
      throw CheckpointError(path: path, "\(name) is out of range", found: "\(value)")
    }
    guard headCount % keyValueHeadCount == 0 else {
      throw CheckpointError(
        path: path, "headCount must be a multiple of keyValueHeadCount", found: "\(headCount) and \(keyValueHeadCount)")
    }
    guard headDimension % 2 == 0 else {
      throw CheckpointError(path: path, "headDimension must be even for rotary positions", found: "\(headDimension)")
    }
    guard rmsEpsilon > 0, rmsEpsilon < 1 else {
      throw CheckpointError(path: path, "rmsEpsilon is out of range", expected: "0 to 1", found: "\(rmsEpsilon)")
    }
    guard rotary.base > 1, rotary.base.isFinite else {
      throw CheckpointError(
        path: path, "the RoPE base is out of range", expected: "more than 1", found: "\(rotary.base)")
    }
    guard rotary.scaling.isUsable(headDimension: headDimension) else {
      throw CheckpointError(path: path, "the RoPE scaling is out of range", found: "\(rotary.scaling)")
    }
  }

  /// Rows and columns that a weight must have.
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

  /// The weights of one layer, in the order in which they are used.
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
  var isNorm: Bool {
    switch self {
    case .outputNorm, .attentionNorm, .queryNorm, .keyNorm, .feedForwardNorm: true
    default: false
    }
  }
}
