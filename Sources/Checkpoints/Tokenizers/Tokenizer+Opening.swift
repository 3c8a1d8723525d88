// autointerp
// Finds and reads the tokenizer of a model on disk.
// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
  /// Opens the tokenizer of a model: of a `.gguf` file its metadata, of a folder or safetensors file the `tokenizer.json`
  /// (and `tokenizer_config.json`) in the folder.
  ///
  /// - Throws: when there is none, or when it is not understood fully, naming the key.
  package static func open(_ modelPath: String) throws(CheckpointError) -> Tokenizer {
    if let tokenizer = try openIfThere(modelPath) { return tokenizer }
    throw CheckpointError(
      path: modelPath, "the model has no tokenizer; give token ids instead, or put one there",
      expected: isGGUF(modelPath) ? "tokenizer.ggml.model" : folder(of: modelPath) + "tokenizer.json")
  }

  /// The tokenizer of a model, or nil for a model that has none: no `tokenizer.json` beside it, no `tokenizer.ggml.*`.
  ///
  /// - Throws: when there is one, but it is not understood fully, naming the key.
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
    var definition = try TokenizerDefinition(
      json: JSONValue.read(path),
      configuration: MappedFile.exists(configurationPath) ? JSONValue.read(configurationPath) : nil, path: path)
    // Newer files keep the chat template apart.
    let templatePath = folder + "chat_template.jinja"
    if definition.chatTemplate == nil, MappedFile.exists(templatePath) {
      definition.chatTemplate = String(decoding: try MappedFile(templatePath).bytes, as: UTF8.self)
    }
    return try Tokenizer(definition)
  }

  private static func isGGUF(_ modelPath: String) -> Bool {
    modelPath.hasSuffix(".gguf") && !MappedFile.isFolder(modelPath)
  }

  /// The folder in which a model's files lie, as the beginning of their paths.
  private static func folder(of modelPath: String) -> String {
    if MappedFile.isFolder(modelPath) { return modelPath + "/" }
    return modelPath.lastIndex(of: "/").map { String(modelPath[...$0]) } ?? ""
  }

  /// The tokenizer of a GGUF file that is open already.
  package static func open(_ file: GGUFFile) throws(CheckpointError) -> Tokenizer {
    try Tokenizer(TokenizerDefinition(gguf: file.metadata, path: file.path))
  }
}
