// autointerp
// Finds and reads the tokenizer of a model on disk.
// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
  /// Opens the tokenizer of a model: of a `.gguf` file its metadata, of a folder or safetensors file the `tokenizer.json`
  /// (and `tokenizer_config.json`) in the folder.
  ///
  /// - Throws: when there is none, or when it is not understood fully, naming the key.
  package static func open(_ modelPath: String) throws(CheckpointError) -> Tokenizer {
    let isFolder = MappedFile.isFolder(modelPath)
    guard isFolder || MappedFile.exists(modelPath) else {
      throw CheckpointError(path: modelPath, "there is no such file or folder")
    }
    if !isFolder, modelPath.hasSuffix(".gguf") { return try open(GGUFFile.open(modelPath)) }

    let folder = isFolder ? modelPath + "/" : modelPath.lastIndex(of: "/").map { String(modelPath[...$0]) } ?? ""
    let path = folder + "tokenizer.json"
    guard MappedFile.exists(path) else {
      throw CheckpointError(
        path: modelPath, "the model has no tokenizer; give token ids instead, or put one there", expected: path)
    }
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

  /// The tokenizer of a GGUF file that is open already.
  package static func open(_ file: GGUFFile) throws(CheckpointError) -> Tokenizer {
    try Tokenizer(TokenizerDefinition(gguf: file.metadata, path: file.path))
  }
}
