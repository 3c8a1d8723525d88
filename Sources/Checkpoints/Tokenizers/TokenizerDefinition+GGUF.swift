// autointerp
// `TokenizerDefinition.init(gguf:)` reads a tokenizer from GGUF metadata.
// SPDX-License-Identifier: Apache-2.0

extension TokenizerDefinition {
  /// Reads `tokenizer.ggml.*`: byte-level BPE (`gpt2`) or SentencePiece-style BPE (`llama`).
  ///
  /// - Throws: an error that names the key that is missing, malformed or not understood.
  init(gguf metadata: [String: GGUFValue], path: String) throws(CheckpointError) {
    let keys = GGUFTokenizerKeys(metadata: metadata, path: path)
    let model = try keys.required("model", \.string, "a string")
    switch model {
    case "gpt2": try self.init(byteLevel: keys)
    case "llama": try self.init(sentencePiece: keys)
    default:
      throw keys.error("model", "unknown kind of tokenizer", expected: "gpt2 or llama", found: "\"\(model)\"")
    }
  }

  private init(byteLevel keys: GGUFTokenizerKeys) throws(CheckpointError) {
    let name = try keys.required("pre", \.string, "a string naming the pre-tokenizer")
    guard let preTokenizer = PreTokenizer(ggufName: name) else {
      throw keys.error(
        "pre", "unknown pre-tokenizer", expected: "gpt-2, smollm, llama-bpe or qwen2", found: "\"\(name)\"")
    }
    let tokens = try GGUFTokens(keys)
    var table = TokenTable()
    table.reserveCapacity(tokens.texts.count)
    for (text, kind) in zip(tokens.texts, tokens.kinds) {
      if kind == .normal || kind == .unused {
        if let bytes = ByteLevelAlphabet.bytes(of: text) {
          table.append(bytes, kind)
        } else {
          table.append(text.utf8, .unused)
        }
      } else {
        table.append(text.utf8, kind)
      }
    }
    self.init(
      path: keys.path, alphabet: .bytes, table: table,
      merges: try Self.merges(named: try keys.required("merges", \.strings, "strings"), table, keys),
      preTokenizer: preTokenizer, addedTokens: tokens.added)
    ignoresMerges = preTokenizer == .llama3
    try readBoundaries(keys, tokenCount: table.count, addsBOS: preTokenizer == .llama3)
  }

  private init(sentencePiece keys: GGUFTokenizerKeys) throws(CheckpointError) {
    let tokens = try GGUFTokens(keys)
    let scores = try keys.required("scores", \.floats, "floats")
    guard scores.count == tokens.texts.count else {
      throw keys.error(
        "scores", "there must be one score per token", expected: "\(tokens.texts.count)", found: "\(scores.count)")
    }
    if let number = scores.firstIndex(where: { !$0.isFinite }) {
      throw keys.error("scores", "the score of token \(number) is not finite", found: "\(scores[number])")
    }
    var table = TokenTable()
    table.reserveCapacity(tokens.texts.count)
    for (number, (text, kind)) in zip(tokens.texts, tokens.kinds).enumerated() {
      if kind == .byte {
        guard let byte = Self.byte(namedBy: text) else {
          throw keys.error(
            "tokens", "byte token \(number) has an unusable name", expected: "a name like <0x0A>", found: "\"\(text)\"")
        }
        table.append(CollectionOfOne(byte), kind)
      } else {
        table.append(text.utf8, kind)
      }
    }
    let addsPrefix = try keys.optional("add_space_prefix", \.boolean, "a boolean") ?? true
    self.init(
      path: keys.path, alphabet: .scalars(byteFallback: true), table: table,
      merges: Self.merges(byScore: scores, table),
      normalizers: (addsPrefix ? [.prepend(SpaceMarker.text)] : []) + [.replace(" ", with: SpaceMarker.text)],
      preTokenizer: .none, addedTokens: tokens.added)
    unknownToken = try keys.token("unknown_token_id", tokenCount: table.count)
    dropsLeadingSpace = addsPrefix
    try readBoundaries(keys, tokenCount: table.count, addsBOS: true)
  }

  /// Reads BOS, EOS and chat template. `byDefault` applies if the file does not say whether to add a BOS.
  private mutating func readBoundaries(
    _ keys: GGUFTokenizerKeys, tokenCount: Int, addsBOS byDefault: Bool
  ) throws(CheckpointError) {
    bosToken = try keys.token("bos_token_id", tokenCount: tokenCount)
    eosToken = try keys.token("eos_token_id", tokenCount: tokenCount)
    addsBOS = try keys.optional("add_bos_token", \.boolean, "a boolean") ?? (byDefault && bosToken != nil)
    addsEOS = try keys.optional("add_eos_token", \.boolean, "a boolean") ?? false
    if addsBOS, bosToken == nil { throw keys.error("bos_token_id", "missing, but a BOS is to be added") }
    if addsEOS, eosToken == nil { throw keys.error("eos_token_id", "missing, but an EOS is to be added") }
    chatTemplate = keys.chatTemplate
  }

  /// Returns the byte that a name like `<0x0A>` stands for.
  static func byte(namedBy text: String) -> UInt8? {
    guard text.utf8.count == 6, text.hasPrefix("<0x"), text.hasSuffix(">") else { return nil }
    return UInt8(text.dropFirst(3).dropLast(), radix: 16)
  }
}

extension PreTokenizer {
  /// Creates the pre-tokenizer from its name under `tokenizer.ggml.pre`.
  init?(ggufName name: String) {
    switch name {
    case "gpt-2": self = .gpt2
    case "smollm": self = .smollm
    case "llama3", "llama-v3", "llama-bpe": self = .llama3
    case "qwen2": self = .qwen2
    default: return nil
    }
  }
}
