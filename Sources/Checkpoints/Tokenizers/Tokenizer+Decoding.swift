// autointerp
// `Tokenizer` decodes tokens to bytes, to text, and to the text shown to people.
// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
  /// Returns the bytes that a token stands for; for a special token, its own text. Empty for ids beyond the
  /// vocabulary.
  package func bytes(of token: Int32) -> [UInt8] {
    guard token >= 0, token < vocabularySize else { return [] }
    let bytes = Array(definition.table.bytes(of: Int(token)))
    guard definition.alphabet != .bytes, definition.table.kind(of: Int(token)) == .normal else { return bytes }
    var text = bytes
    TextNormalizer.replace(SpaceMarker.text, with: " ").apply(to: &text, isFirst: false)
    return text
  }

  /// Returns the text of tokens. Bytes that are not valid UTF-8 become U+FFFD.
  ///
  /// The result equals the encoded text, except for bytes without a token and changes by the model's normalisation.
  package func decode(_ tokens: [Int32]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tokens.count * 4)
    for token in tokens { bytes.append(contentsOf: self.bytes(of: token)) }
    if definition.dropsLeadingSpace, bytes.first == 0x20 { bytes.removeFirst() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Returns a token's text for people: invalid UTF-8 bytes as `<0xE2>`, an id beyond the vocabulary as `#id`.
  package func displayText(of token: Int32) -> String {
    guard token >= 0, token < vocabularySize else { return "#\(token)" }
    return Self.displayText(bytes(of: token))
  }

  /// Returns bytes as text, with bytes that are not valid UTF-8 as `<0xE2>`.
  static func displayText(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var text = ""
    var start = 0
    while start < bytes.count {
      var length = min(4, bytes.count - start)
      while length > 0 {
        if let valid = String(validating: bytes[start..<start + length], as: UTF8.self), valid.unicodeScalars.count == 1
        {
          text.unicodeScalars.append(contentsOf: valid.unicodeScalars)
          break
        }
        length -= 1
      }
      if length == 0 {
        let digits = String(bytes[start], radix: 16, uppercase: true)
        text += "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
        length = 1
      }
      start += length
    }
    return text
  }
}
