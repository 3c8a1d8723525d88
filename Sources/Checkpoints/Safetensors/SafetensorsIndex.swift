// autointerp
// `SafetensorsIndex` collects the tensors of a model folder, whether they are in one safetensors file or in shards.
// SPDX-License-Identifier: Apache-2.0

internal import JSON
internal import Platform

/// Reads a model folder as transformers writes it.
enum SafetensorsIndex {
  /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names.
  ///
  /// - Returns: all tensors by name.
  /// - Throws: an error if a file is missing, damaged or does not match the index.
  static func tensors(inFolder folder: String) throws(CheckpointError) -> [String: TensorView] {
    let single = "\(folder)/model.safetensors"
    let index = "\(folder)/model.safetensors.index.json"
    if MappedFile.exists(single) { return try SafetensorsFile(single).tensors }
    guard MappedFile.exists(index) else {
      throw CheckpointError(
        path: folder, "the folder has no weights", expected: "model.safetensors or model.safetensors.index.json")
    }
    return try tensors(listedIn: index, folder: folder)
  }

  private static func tensors(
    listedIn index: String, folder: String
  ) throws(CheckpointError) -> [String: TensorView] {
    guard let map = try JSONValue.read(index).object?["weight_map"]?.object else {
      throw CheckpointError(path: index, key: "weight_map", "missing or not an object")
    }
    var namesOfShard: [String: Set<String>] = [:]
    for (tensor, value) in map.members {
      // Accept plain file names only, so that an index cannot point outside its folder.
      guard let shard = value.string, shard.hasSuffix(".safetensors"), !shard.contains("/"), !shard.hasPrefix(".")
      else {
        throw CheckpointError(
          path: index, tensor: tensor, key: "weight_map", "not the name of a file in this folder", found: value.summary)
      }
      namesOfShard[shard, default: []].insert(tensor)
    }
    var tensors: [String: TensorView] = [:]
    for (shard, names) in namesOfShard.sorted(by: { $0.key < $1.key }) {
      let file = try SafetensorsFile("\(folder)/\(shard)")
      for name in names.sorted() where file.tensors[name] == nil && !SafetensorsFile.isBuffer(name) {
        throw CheckpointError(
          path: file.path, tensor: name, "the index says that this file holds the tensor, but it does not")
      }
      for (name, tensor) in file.tensors {
        guard names.contains(name) else {
          throw CheckpointError(
            path: file.path, tensor: name, "this file holds the tensor, but the index does not list it")
        }
        tensors[name] = tensor
      }
    }
    return tensors
  }
}
