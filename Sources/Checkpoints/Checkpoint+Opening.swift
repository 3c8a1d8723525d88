// autointerp
// Opens a model, whatever its format.
// SPDX-License-Identifier: Apache-2.0

extension Checkpoint {
  /// Opens and checks a model.
  ///
  /// Weights stay where they are on disk (mapped), in their storage types; opening reads the headers and the samples of
  /// the fingerprint only.
  ///
  /// - Parameter path: a `.gguf` file (of a split model, any part), a `.safetensors` file with `config.json` beside it, or
  ///   a folder with `config.json` and `model.safetensors` or `model.safetensors.index.json` and its shards.
  /// - Returns: a checkpoint in which every weight that the configuration calls for has its exact shape.
  /// - Throws: naming the file and, where there is one, the key, tensor and offset; nothing unknown is ignored.
  package static func open(_ path: String) throws(CheckpointError) -> Checkpoint {
    if MappedFile.isFolder(path) {
      return try open(
        name: fileName(of: path), path: path, configuration: "\(path)/config.json",
        tensors: SafetensorsIndex.tensors(inFolder: path))
    }
    guard MappedFile.exists(path) else { throw CheckpointError(path: path, "there is no such file or folder") }
    if path.hasSuffix(".gguf") { return try open(gguf: path) }
    if path.hasSuffix(".safetensors") {
      return try open(
        name: fileName(of: path), path: path, configuration: "\(folder(of: path))/config.json",
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
