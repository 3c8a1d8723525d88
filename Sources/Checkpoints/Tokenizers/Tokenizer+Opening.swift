// autointerp
// `Tokenizer.open` finds and reads the tokenizer of a model on disk.
// SPDX-License-Identifier: Apache-2.0

internal import JSON
internal import Platform

extension Tokenizer {
  /// Opens a model's tokenizer: for a `.gguf` file from its metadata, for a folder or safetensors file from the
  /// folder's `tokenizer.json` and, if it exists, `tokenizer_config.json`.
  ///
  /// - Throws: an error if the model has no tokenizer, or if a key is not understood; then with the key.
  package static func open(_ modelPath: String) throws(CheckpointError) -> Tokenizer {
    if let tokenizer = try openIfThere(modelPath) { return tokenizer }
    throw CheckpointError(
      path: modelPath, "the model has no tokenizer; add its file, or pass token ids instead of text",
      expected: isGGUF(modelPath) ? "tokenizer.ggml.model" : folder(of: modelPath) + "tokenizer.json")
  }

  /// Opens a model's tokenizer, or returns nil if it has none: no `tokenizer.json` beside it, no `tokenizer.ggml.*`.
  ///
  /// - Throws: an error that names a key that is not understood.
  package static func openIfThere(_ modelPath: String) throws(CheckpointError) -> Tokenizer? {
    guard MappedFile.isFolder(modelPath) || MappedFile.exists(modelPath) else {
      throw CheckpointError(path: modelPath, "there is no such file or folder")
    }
    if isGGUF(modelPath) {
      let file = try GGUFFile.open(modelPath)
      return file.metadata.keys.contains { $0.hasPrefix("tokenizer.ggml.") } ? try open(file) : nil
    }
    let folder = folder(of: modelPath)
    let path = folder + "tokenizer.json"
    guard MappedFile.exists(path) else { return nil }
    let configurationPath = folder + "tokenizer_config.json"
    // Not `nil` in a conditional: that would be JSON's null.
    var configuration: JSONValue?
    if MappedFile.exists(configurationPath) { configuration = try JSONValue.read(configurationPath) }
    var definition = try TokenizerDefinition(json: JSONValue.read(path), configuration: configuration, path: path)
    // Newer models store the chat template in a file of its own.
    let templatePath = folder + "chat_template.jinja"
    if definition.chatTemplate == nil, MappedFile.exists(templatePath) {
      definition.chatTemplate = String(decoding: try MappedFile.open(templatePath).bytes, as: UTF8.self)
    }
    return try Tokenizer(definition)
  }

  private static func isGGUF(_ modelPath: String) -> Bool {
    modelPath.hasSuffix(".gguf") && !MappedFile.isFolder(modelPath)
  }

  /// Returns the folder of a model's files, as the beginning of their paths.
  private static func folder(of modelPath: String) -> String {
    if MappedFile.isFolder(modelPath) { return modelPath + "/" }
    return modelPath.lastIndex(of: "/").map { String(modelPath[...$0]) } ?? ""
  }

  /// Reads the tokenizer of a GGUF file that is already open.
  package static func open(_ file: GGUFFile) throws(CheckpointError) -> Tokenizer {
    try Tokenizer(TokenizerDefinition(gguf: file.metadata, path: file.path))
  }
}
