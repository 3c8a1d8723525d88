// autointerp
// `ModelName` names a model as people write it, such as `SmolLM2-135M-Instruct`.
// SPDX-License-Identifier: Apache-2.0

extension Checkpoint {
  /// What a model at `path` is called as far as its path says, for those who do not have the file.
  package static func likelyName(of path: String) -> String {
    path.lowercased().hasSuffix(".gguf")
      ? ModelName.gguf(path: path, name: nil, baseName: nil) : ModelName.safetensors(path: path)
  }
}

/// Chooses between the name that a checkpoint gives itself and the name of its file.
enum ModelName {
  /// The name of a GGUF model: the file's name if it names the same model, else the name in the metadata.
  ///
  /// Files keep the spelling of the model's authors, while converters write metadata of their own:
  /// `SmolLM2-135M-Instruct.Q4_1.gguf` says `Smollm2 135M 8k Lc100K Mix1 Ep2`. A file may also be called `model.gguf`,
  /// so its name counts only if it begins with the model's base name.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - name: `general.name`, if present.
  ///   - baseName: `general.basename`, if present.
  /// - Returns: a name; it is empty only if the path is.
  static func gguf(path: String, name: String?, baseName: String?) -> String {
    let file = withoutSuffixes(Checkpoint.fileName(of: path))
    guard let name, !name.isEmpty else { return file }
    let base = baseName ?? name.split(separator: " ").first.map(String.init) ?? name
    let isOfModel = !key(base).isEmpty && key(file).hasPrefix(key(base))
    return isOfModel ? file : name
  }

  /// The name of a Hugging Face model: the name of its folder, or of its file unless that is just `model`.
  static func safetensors(path: String) -> String {
    var parts = path.split(separator: "/").map(String.init)
    let file = parts.last ?? path
    if file.hasSuffix(".safetensors") || file.hasSuffix(".json") {
      if !file.hasPrefix("model") || parts.count < 2 { return file }
      parts.removeLast()
    }
    // Hugging Face's cache has the layout models--ORGANISATION--NAME/snapshots/REVISION.
    if parts.count >= 3, parts[parts.count - 2] == "snapshots",
      let name = parts[parts.count - 3].split(separator: "--", maxSplits: 2).last,
      parts[parts.count - 3].hasPrefix("models--")
    {
      return String(name)
    }
    return parts.last ?? path
  }

  /// Removes `.gguf`, the number of a part and the type of the weights.
  private static func withoutSuffixes(_ file: String) -> String {
    var name = file[...]
    if name.lowercased().hasSuffix(".gguf") { name = name.dropLast(5) }
    if let part = name.firstRange(of: /-\d{5}-of-\d{5}$/) { name = name[..<part.lowerBound] }
    if let type = name.firstRange(of: /[.-](?i:I?Q\d[0-9A-Z_]*|B?F(?:16|32)|FP(?:16|32))$/) {
      name = name[..<type.lowerBound]
    }
    return name.isEmpty ? file : String(name)
  }

  /// Lower-case letters and digits only, to compare spellings.
  private static func key(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
}
