// autointerp
// `SpaceMarker` is the character that stands for a space in SentencePiece-style vocabularies.
// SPDX-License-Identifier: Apache-2.0

/// U+2581 LOWER ONE EIGHTH BLOCK, which stands for a space in the pieces of SentencePiece-style vocabularies.
enum SpaceMarker {
  static let value: UInt32 = 0x2581
  static let text = "\u{2581}"
  static let utf8: [UInt8] = [0xE2, 0x96, 0x81]
}
