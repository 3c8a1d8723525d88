// autointerp
// `ByteLevelAlphabet` maps the printable characters of a byte-level vocabulary back to bytes.
// SPDX-License-Identifier: Apache-2.0

/// GPT-2's alphabet: printable Latin-1 bytes stand for themselves, the other bytes for U+0100 and up, in order.
///
/// Source: Radford et al., GPT-2 (`bytes_to_unicode`).
enum ByteLevelAlphabet {
  /// Maps a scalar value to its byte, or to -1 if the scalar is not in the alphabet.
  private static let byteOfScalar: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    var shifted = 0x100
    for byte in 0..<256 {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: table[byte] = Int16(byte)
      default:
        table[shifted] = Int16(byte)
        shifted += 1
      }
    }
    return table
  }()

  /// Returns the bytes that a token's text stands for, or nil if a character is not in the alphabet.
  static func bytes(of text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      guard scalar.value < 0x144, case let byte = byteOfScalar[Int(scalar.value)], byte >= 0 else { return nil }
      bytes.append(UInt8(byte))
    }
    return bytes
  }
}
