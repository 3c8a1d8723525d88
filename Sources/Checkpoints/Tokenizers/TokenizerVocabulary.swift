// autointerp
// `TokenizerVocabulary` reads the vocabulary, merges and added tokens of a tokenizer.json.
// SPDX-License-Identifier: Apache-2.0

/// The `model` and `added_tokens` of a tokenizer.json.
struct TokenizerVocabulary {
  let alphabet: TokenizerDefinition.Alphabet
  let table: TokenTable
  let merges: [TokenizerDefinition.Merge]
  let added: [AddedToken]
  let ignoresMerges: Bool
  let unknownToken: Int32?
  let fusesUnknown: Bool

  init(_ file: inout StrictObject, _ model: inout StrictObject, _ pipeline: TokenizerPipeline) throws(CheckpointError) {
    // Old files do not have the key.
    try model.require("type", .string("BPE"), byDefault: .string("BPE"))
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      try model.require(key, .string(""), byDefault: .string(""))
    }
    if let dropout = model.take("dropout"), dropout.number != 0 {
      throw model.error("dropout", "not supported", expected: "none", found: dropout.summary)
    }
    let byteFallback = try model.optional("byte_fallback", \.boolean, "a boolean") ?? false
    if pipeline.isByteLevel, byteFallback { throw model.error("byte_fallback", "not supported in a byte-level model") }
    alphabet = pipeline.isByteLevel ? .bytes : .scalars(byteFallback: byteFallback)
    ignoresMerges = try model.optional("ignore_merges", \.boolean, "a boolean") ?? false
    fusesUnknown = try model.optional("fuse_unk", \.boolean, "a boolean") ?? false

    let texts = try Self.texts(&model)
    let added = try file.take("added_tokens") == nil ? [] : file.objects("added_tokens").map(Self.addedToken)
    let table = try Self.table(texts, added, alphabet, model)
    self.added = added
    self.table = table

    // Merging can produce every text token of the model, even if it is also an added token.
    var index = TokenIndex(capacity: table.count)
    for (id, text) in texts.enumerated() where text != nil && table.kind(of: id) != .byte {
      index.insert(id, of: table)
    }
    self.merges = try Self.merges(&model, alphabet, index, table)

    if let unknown = try model.optional("unk_token", \.string, "a string") {
      unknownToken = texts.firstIndex { $0?.utf8.elementsEqual(unknown.utf8) ?? false }.map(Int32.init)
      // Some byte-level files name an unknown token that does not exist. That is harmless if every byte has a token.
      let isNeeded = alphabet != .bytes || (UInt8.min...UInt8.max).contains { index.find([$0], in: table) == nil }
      if unknownToken == nil, isNeeded {
        throw model.error(
          "unk_token", "not a token of the vocabulary", found: "\"\(CheckpointError.printable(unknown))\"")
      }
    } else {
      unknownToken = nil
    }
    try model.finish()
  }

  /// Returns the vocabulary's texts by id, with nil for unused ids.
  private static func texts(_ model: inout StrictObject) throws(CheckpointError) -> [String?] {
    let vocabulary = try model.required("vocab", \.object, "an object")
    var texts: [String?] = []
    // Ids are dense with few gaps, so a huge id means a damaged file and must not cause a huge allocation.
    let maximumID = vocabulary.members.count * 2 + 65536
    texts.reserveCapacity(vocabulary.members.count)
    for (text, value) in vocabulary.members {
      guard let id = value.integer, (0...maximumID).contains(id) else {
        throw model.error(
          "vocab", "an impossible id of \"\(CheckpointError.printable(text))\"", expected: "0 to \(maximumID)",
          found: value.summary)
      }
      while texts.count <= id { texts.append(nil) }
      if let other = texts[id] {
        throw model.error(
          "vocab", "two tokens have the id \(id)",
          found: "\"\(CheckpointError.printable(other))\" and \"\(CheckpointError.printable(text))\"")
      }
      texts[id] = text
    }
    return texts
  }

  private static func addedToken(_ object: StrictObject) throws(CheckpointError) -> AddedToken {
    var object = object
    let id = try object.required("id", \.integer, "an integer")
    guard (0..<Int(Int32.max)).contains(id) else { throw object.error("id", "impossible", found: "\(id)") }
    let token = AddedToken(
      id: Int32(id),
      content: try object.required("content", \.string, "a string"),
      isSpecial: try object.optional("special", \.boolean, "a boolean") ?? false,
      singleWord: try object.optional("single_word", \.boolean, "a boolean") ?? false,
      stripsLeft: try object.optional("lstrip", \.boolean, "a boolean") ?? false,
      stripsRight: try object.optional("rstrip", \.boolean, "a boolean") ?? false,
      isNormalized: try object.optional("normalized", \.boolean, "a boolean") ?? true)
    try object.finish()
    return token
  }

  private static func table(
    _ texts: [String?], _ added: [AddedToken], _ alphabet: TokenizerDefinition.Alphabet, _ model: StrictObject
  ) throws(CheckpointError) -> TokenTable {
    var addedByID: [Int: AddedToken] = [:]
    for token in added {
      let id = Int(token.id)
      guard addedByID.updateValue(token, forKey: id) == nil else {
        throw CheckpointError(path: model.path, key: "added_tokens", "two tokens have the id \(id)")
      }
      guard id < texts.count + added.count + 65536 else {
        throw CheckpointError(path: model.path, key: "added_tokens", "an impossible id", found: "\(id)")
      }
      if id < texts.count, let text = texts[id], !text.utf8.elementsEqual(token.content.utf8) {
        throw CheckpointError(
          path: model.path, key: "added_tokens", "token \(id) has another text in the vocabulary",
          expected: "\"\(CheckpointError.printable(text))\"", found: "\"\(CheckpointError.printable(token.content))\"")
      }
    }
    var table = TokenTable()
    let count = max(texts.count, (addedByID.keys.max() ?? -1) + 1)
    table.reserveCapacity(count)
    for id in 0..<count {
      let text = id < texts.count ? texts[id] : nil
      if let token = addedByID[id] {
        table.append(token.content.utf8, token.isSpecial ? .control : .userDefined)
      } else if let text {
        append(text, alphabet, to: &table)
      } else {
        table.append([], .unused)
      }
    }
    return table
  }

  private static func append(_ text: String, _ alphabet: TokenizerDefinition.Alphabet, to table: inout TokenTable) {
    switch alphabet {
    case .bytes:
      if let bytes = ByteLevelAlphabet.bytes(of: text) {
        table.append(bytes, .normal)
      } else {
        table.append(text.utf8, .unused)
      }
    case .scalars(let byteFallback):
      if byteFallback, let byte = TokenizerDefinition.byte(namedBy: text) {
        table.append(CollectionOfOne(byte), .byte)
      } else {
        table.append(text.utf8, .normal)
      }
    }
  }

  /// Reads merges written as `"left right"` or `["left", "right"]`, first merge first.
  private static func merges(
    _ model: inout StrictObject, _ alphabet: TokenizerDefinition.Alphabet, _ index: TokenIndex, _ table: TokenTable
  ) throws(CheckpointError) -> [TokenizerDefinition.Merge] {
    let entries = try model.required("merges", \.array, "an array")
    var merges: [TokenizerDefinition.Merge] = []
    merges.reserveCapacity(entries.count)
    for (number, entry) in entries.enumerated() {
      let parts = entry.array?.compactMap(\.string) ?? entry.string.map(Self.halves) ?? []
      let bytes = parts.compactMap { alphabet == .bytes ? ByteLevelAlphabet.bytes(of: $0) : Array($0.utf8) }
      guard parts.count == 2, bytes.count == 2,
        let merge = TokenizerDefinition.merge(bytes[0], bytes[1], rank: UInt32(number), index, table)
      else {
        throw model.error("merges", "merge \(number) does not join two tokens into a third", found: entry.summary)
      }
      merges.append(merge)
    }
    return merges
  }

  /// Splits a text at its spaces, scalar by scalar, because a space may carry a combining mark.
  private static func halves(_ text: String) -> [String] {
    text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false).map { String($0) }
  }
}
