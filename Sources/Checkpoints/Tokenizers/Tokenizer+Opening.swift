// autointerp
// Finds and reads the tokenizer of a model on disk.
// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
  /// Opens the tokenizer of a model: of a `.gguf` file its metadata, of a folder or safetensors file the `tokenizer.json`
  /// (and `tokenizer_config.json`) in the folder.
  ///
  /// - Throws: when there is none, or when it is not understood fully, naming the key.
  package static func open(_ modelPath: String) throws(CheckpointError) -> Tokenizer {
    try open(GGUFFile.open(modelPath))
  }

  /// The tokenizer of a GGUF file that is open already.
  package static func open(_ file: GGUFFile) throws(CheckpointError) -> Tokenizer {
    try Tokenizer(TokenizerDefinition(gguf: file.metadata, path: file.path))
  }
}
