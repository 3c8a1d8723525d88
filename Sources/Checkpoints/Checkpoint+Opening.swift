// autointerp
// `Checkpoint.open` opens a model from a GGUF file, a safetensors file or a model folder.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

extension Checkpoint {
  /// Opens and checks a model.
  ///
  /// The weights are memory-mapped in their storage types. Opening reads only the headers and the fingerprint's
  /// samples.
  ///
  /// - Parameter path: a `.gguf` file (of a split model, any part), a `.safetensors` file with `config.json` beside it, or
  ///   a folder with `config.json` and `model.safetensors` or `model.safetensors.index.json` and its shards.
  /// - Returns: a checkpoint in which every weight that the configuration calls for has its exact shape.
  /// - Throws: an error that names the file and, where known, the key, tensor and offset. Anything unknown is an
  ///   error.
  package static func open(_ path: String) throws(CheckpointError) -> Checkpoint {
    if MappedFile.isFolder(path) {
      return try open(
        name: ModelName.safetensors(path: path), path: path, configuration: "\(path)/config.json",
        tensors: SafetensorsIndex.tensors(inFolder: path))
    }
    guard MappedFile.exists(path) else { throw CheckpointError(path: path, "there is no such file or folder") }
    if path.hasSuffix(".gguf") { return try open(gguf: path) }
    if path.hasSuffix(".safetensors") {
      return try open(
        name: ModelName.safetensors(path: path), path: path, configuration: "\(folder(of: path))/config.json",
        tensors: SafetensorsFile(path).tensors)
    }
    throw CheckpointError(
      path: path, "not a model", expected: "a .gguf file, a .safetensors file or a folder with config.json")
  }

  /// The path without its last component.
  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
