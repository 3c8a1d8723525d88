// autointerp
// `Checkpoint.init` gives every tensor of a file its role in the model and refuses missing, extra or misshapen tensors.
// SPDX-License-Identifier: Apache-2.0

extension Checkpoint {
  /// Assigns tensors to the roles that the configuration calls for.
  ///
  /// - Parameters:
  ///   - name: the model's name.
  ///   - path: the model's path, for errors.
  ///   - configuration: says which tensors must exist and which shapes they must have.
  ///   - tensors: all tensors of the file by name. Each one must have a role.
  ///   - naming: returns the name of a role's tensor in this file format.
  ///   - interleaved: true if the rows of q and k are stored in interleaved rotary order.
  /// - Throws: when a tensor is missing, left over, or of the wrong shape or type.
  init(
    name: String, path: String, configuration: ModelConfiguration, tensors: [String: TensorView],
    naming: (WeightRole) -> String, interleaved: Bool
  ) throws(CheckpointError) {
    var unused = tensors
    var weights: [WeightRole: TensorView] = [:]
    // Check layer by layer, so that a configuration with an absurd layer count fails at its first missing tensor.
    var roles = configuration.rolesOutsideLayers
    for layer in 0...configuration.layerCount {
      for role in roles {
        let tensorName = naming(role)
        guard let tensor = unused.removeValue(forKey: tensorName) else {
          throw CheckpointError(path: path, tensor: tensorName, "missing")
        }
        weights[role] = try Self.checked(tensor, as: role, of: configuration, path: path, interleaved: interleaved)
      }
      roles = layer < configuration.layerCount ? configuration.roles(inLayer: layer) : []
    }
    if let left = unused.keys.min() {
      throw CheckpointError(
        path: path, tensor: left, "no layer uses this tensor, so the model has an architecture that is not supported")
    }
    let fingerprint = Self.fingerprint(of: configuration, weights)
    self.init(name: name, configuration: configuration, weights: weights, fingerprint: fingerprint)
  }

  private static func checked(
    _ tensor: TensorView, as role: WeightRole, of configuration: ModelConfiguration, path: String, interleaved: Bool
  ) throws(CheckpointError) -> TensorView {
    let (rows, columns) = configuration.shape(of: role)
    guard tensor.rowCount == rows, tensor.columnCount == columns else {
      throw CheckpointError(
        path: path, tensor: tensor.name, "its shape does not fit the configuration", expected: "[\(rows), \(columns)]",
        found: "[\(tensor.rowCount), \(tensor.columnCount)]")
    }
    guard !role.isNorm || tensor.elementType.isPlain else {
      throw CheckpointError(
        path: path, tensor: tensor.name, "norms must not be quantised", expected: "F32, F16 or BF16",
        found: tensor.elementType.rawValue)
    }
    guard tensor.bytes.count == rows * tensor.rowBytes else {
      throw CheckpointError(
        path: path, tensor: tensor.name, "its size does not fit its shape", expected: "\(rows * tensor.rowBytes) bytes",
        found: "\(tensor.bytes.count)")
    }
    guard interleaved else { return tensor }
    switch role {
    case .query: return tensor.interleaved(headCount: configuration.headCount)
    case .key: return tensor.interleaved(headCount: configuration.keyValueHeadCount)
    default: return tensor
    }
  }

  /// Returns the last component of a path.
  static func fileName(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

extension TensorView {
  fileprivate func interleaved(headCount: Int) -> TensorView {
    TensorView(
      name: name, rowCount: rowCount, columnCount: columnCount, elementType: elementType, bytes: bytes, owner: owner,
      interleavedHeadCount: headCount)
  }
}
