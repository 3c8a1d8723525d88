// autointerp
// `GGUFTokenizerKeys` reads the `tokenizer.*` keys of GGUF metadata with their expected types.
// SPDX-License-Identifier: Apache-2.0

/// The part of the metadata that describes the tokenizer.
struct GGUFTokenizerKeys {
  let metadata: [String: GGUFValue]
  let path: String

  static func fullName(_ key: String) -> String { "tokenizer.ggml.\(key)" }

  func optional<Value>(_ key: String, _ value: (GGUFValue) -> Value?, _ kind: String) throws(CheckpointError) -> Value?
  {
    guard let found = metadata[Self.fullName(key)] else { return nil }
    guard let value = value(found) else { throw error(key, "wrong type", expected: kind, found: found.kind) }
    return value
  }

  func required<Value>(_ key: String, _ value: (GGUFValue) -> Value?, _ kind: String) throws(CheckpointError) -> Value {
    guard let found = try optional(key, value, kind) else { throw error(key, "missing", expected: kind) }
    return found
  }

  /// Reads a token id, which must be in the vocabulary.
  func token(_ key: String, tokenCount: Int) throws(CheckpointError) -> Int32? {
    guard let id = try optional(key, \.integer, "an integer") else { return nil }
    guard (0..<tokenCount).contains(id) else {
      throw error(key, "not a token of the vocabulary", expected: "less than \(tokenCount)", found: "\(id)")
    }
    return Int32(id)
  }

  var chatTemplate: String? { metadata["tokenizer.chat_template"]?.string }

  func error(_ key: String, _ problem: String, expected: String? = nil, found: String? = nil) -> CheckpointError {
    CheckpointError(path: path, key: Self.fullName(key), problem, expected: expected, found: found)
  }
}

/// The texts and kinds of all tokens, and the added tokens among them.
struct GGUFTokens {
  let texts: [String]
  let kinds: [TokenKind]
  let added: [AddedToken]

  init(_ keys: GGUFTokenizerKeys) throws(CheckpointError) {
    let texts = try keys.required("tokens", \.strings, "strings")
    guard !texts.isEmpty, texts.count <= Int(Int32.max) else {
      throw keys.error("tokens", "an impossible vocabulary", found: "\(texts.count) tokens")
    }
    let codes = try keys.required("token_type", \.integers, "integers")
    guard codes.count == texts.count else {
      throw keys.error(
        "token_type", "there must be one type per token", expected: "\(texts.count)", found: "\(codes.count)")
    }
    var kinds: [TokenKind] = []
    var added: [AddedToken] = []
    kinds.reserveCapacity(texts.count)
    for (number, code) in codes.enumerated() {
      guard let kind = TokenKind(ggufCode: code) else {
        throw keys.error("token_type", "unknown type of token \(number)", expected: "1 to 6", found: "\(code)")
      }
      kinds.append(kind)
      switch kind {
      case .control, .unknown:
        added.append(AddedToken(id: Int32(number), content: texts[number], isSpecial: true))
      case .userDefined:
        added.append(AddedToken(id: Int32(number), content: texts[number], isSpecial: false))
      case .normal, .byte, .unused: break
      }
    }
    self.texts = texts
    self.kinds = kinds
    self.added = added
  }
}

extension TokenKind {
  /// Creates the kind from its code under `tokenizer.ggml.token_type`.
  fileprivate init?(ggufCode code: Int64) {
    switch code {
    case 1: self = .normal
    case 2: self = .unknown
    case 3: self = .control
    case 4: self = .userDefined
    case 5: self = .unused
    case 6: self = .byte
    default: return nil
    }
  }
}
