// autointerp
// `ModelCard` says what graphs of a model may mention: its layers, neurons and tokens.
// SPDX-License-Identifier: Apache-2.0

/// The bounds of a model and the texts of its tokens. The digest of its canonical bytes is the second part of the
/// model's fingerprint, so anybody may supply the card to somebody who knows the fingerprint.
package struct ModelCard: Equatable, Sendable {
  package var layerCount: Int
  /// The number of neurons in each layer.
  package var neuronCount: Int
  /// The number of rows of the embedding; at least as many as there are texts.
  package var vocabularySize: Int
  /// The digest of the tokenizer's rules.
  package var tokenizer: String
  /// The readable text of each token, by id.
  package var texts: [String]

  package init(layerCount: Int, neuronCount: Int, vocabularySize: Int, tokenizer: String, texts: [String]) {
    self.layerCount = layerCount
    self.neuronCount = neuronCount
    self.vocabularySize = vocabularySize
    self.tokenizer = tokenizer
    self.texts = texts
  }

  /// The readable text of a token. A token beyond the tokenizer's vocabulary is shown by its id.
  package func text(ofToken token: Int32) -> String {
    texts.indices.contains(Int(token)) ? texts[Int(token)] : "#\(token)"
  }

  /// The canonical bytes: a MessagePack map of `layers`, `neurons`, `vocabulary`, `tokenizer` and `texts`.
  package func payload() -> [UInt8] {
    let writer = MessageWriter(capacity: 128 + 12 * texts.count)
    writer.map(count: 5)
    writer.field("layers", layerCount)
    writer.field("neurons", neuronCount)
    writer.field("vocabulary", vocabularySize)
    writer.field("tokenizer", tokenizer)
    writer.key("texts")
    writer.array(count: texts.count)
    for text in texts { writer.string(text) }
    return writer.bytes
  }

  /// - Throws: `ProtocolError` if the bytes are anything else.
  package init(payload: [UInt8]) throws(ProtocolError) {
    self = try FieldMap.read(payload, .document, path: "card") { fields throws(ProtocolError) in
      ModelCard(
        layerCount: try fields.integer("layers", in: 1...1 << 20),
        neuronCount: try fields.integer("neurons", in: 1...Int(Int32.max)),
        vocabularySize: try fields.integer("vocabulary", in: 1...Int(Int32.max)),
        tokenizer: try fields.shortString("tokenizer"), texts: try fields.strings("texts"))
    }
  }

  /// The part of a fingerprint that names its card. Nil for models without a card, which occur in tests.
  package static func digest(inFingerprint fingerprint: String) -> String? {
    let parts = fingerprint.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count == digestDigits else { return nil }
    return parts[1].allSatisfy(\.isHexDigit) ? String(parts[1]) : nil
  }

  /// The part of a fingerprint that names the model's weights, which is the checkpoint's own fingerprint.
  package static func weights(inFingerprint fingerprint: String) -> String {
    guard digest(inFingerprint: fingerprint) != nil, let separator = fingerprint.lastIndex(of: "-") else {
      return fingerprint
    }
    return String(fingerprint[..<separator])
  }

  /// How many hexadecimal digits of the digest a fingerprint holds: 128 bits.
  package static let digestDigits = 32
}
