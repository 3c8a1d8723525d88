// autointerp
// `TokenizerFixture` loads small tokenizers of every family and the reference's ids for awkward texts.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Testing

@testable import Checkpoints

struct TokenizerFixture {
  struct Row: Decodable {
    var text: String
    var ids: [Int32]
    /// The ids with special tokens as plain text, if they differ.
    var plain: [Int32]?
  }

  private struct Table: Decodable {
    var texts: [Row]
    var scores: [Float]?
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/Tokenizers").standardized

  let name: String
  let rows: [Row]
  let scores: [Float]?

  init(_ name: String) throws {
    self.name = name
    let table = try JSONDecoder().decode(
      Table.self, from: Data(contentsOf: Self.folder.appending(path: "\(name).ids.json")))
    self.rows = table.texts
    self.scores = table.scores
  }

  var path: String { Self.folder.appending(path: name).path }

  func json() throws -> JSONValue { try JSONValue.read("\(path)/tokenizer.json") }

  func tokenizer() throws -> Tokenizer { try Tokenizer.open(path) }

  /// The metadata of a GGUF file with this tokenizer.
  func ggufMetadata(pre: String?) throws -> [String: GGUFValue] {
    let json = try #require(try json().object)
    let model = try #require(json["model"]?.object)
    let vocabulary = try #require(model["vocab"]?.object)
    var texts: [Int: String] = [:]
    for (text, id) in vocabulary.members { texts[try #require(id.integer)] = text }
    var types = [Int: Int64]()
    for token in try #require(json["added_tokens"]?.array).compactMap(\.object) {
      let id = try #require(token["id"]?.integer)
      texts[id] = token["content"]?.string
      types[id] = texts[id] == "<unk>" ? 2 : token["special"] == .boolean(true) ? 3 : 4
    }
    let tokens = try (0..<texts.count).map { try #require(texts[$0]) }
    var metadata: [String: GGUFValue] = [
      "tokenizer.ggml.model": .string(pre == nil ? "llama" : "gpt2"),
      "tokenizer.ggml.tokens": .strings(tokens),
      "tokenizer.ggml.token_type": .integers(
        tokens.enumerated().map { types[$0] ?? (pre == nil && $1.hasPrefix("<0x") ? 6 : 1) }),
      "tokenizer.ggml.add_bos_token": .boolean(false),
    ]
    if let pre {
      metadata["tokenizer.ggml.pre"] = .string(pre)
      let merges = try #require(model["merges"]?.array)
      metadata["tokenizer.ggml.merges"] = .strings(
        merges.map { $0.string ?? $0.array?.compactMap(\.string).joined(separator: " ") ?? "" })
    } else {
      metadata["tokenizer.ggml.scores"] = .floats(try #require(scores))
      metadata["tokenizer.ggml.unknown_token_id"] = .unsigned(0)
    }
    return metadata
  }
}

extension JSONValue {
  /// Returns the value with one place changed. A part of the path is a key or an element's number.
  func replacing(_ path: [String], with value: JSONValue) -> JSONValue {
    guard let first = path.first else { return value }
    let rest = Array(path.dropFirst())
    switch self {
    case .object(var object):
      if let index = object.members.firstIndex(where: { $0.key == first }) {
        object.members[index].value = object.members[index].value.replacing(rest, with: value)
      } else {
        object.members.append((first, JSONValue.object(JSONObject()).replacing(rest, with: value)))
      }
      return .object(object)
    case .array(var elements):
      if let index = Int(first), elements.indices.contains(index) {
        elements[index] = elements[index].replacing(rest, with: value)
      }
      return .array(elements)
    default: return rest.isEmpty ? value : self
    }
  }

  /// Parses a literal in a test.
  init(text: String) throws {
    var text = text
    self = try text.withUTF8 { try JSONValue(parsing: UnsafeRawBufferPointer($0), path: "test") }
  }
}
