// autointerp
// The tokens of a vocabulary: their bytes and what kind each is.
// SPDX-License-Identifier: Apache-2.0

/// What a token is for.
enum TokenKind: UInt8, Sendable {
  /// A piece of text.
  case normal
  /// Marks structure (turns, begin, end); recognised in text only where special tokens are parsed.
  case control
  /// Added to the vocabulary; recognised in any text.
  case userDefined
  /// One byte, for text that the vocabulary lacks (`<0xE2>`).
  case byte
  /// Stands for text without a token.
  case unknown
  /// An id that no text and no template produces.
  case unused
}

/// Tokens by id, in one buffer.
///
/// A token's bytes are those that merging works on: for byte-level vocabularies the text's own bytes, for
/// SentencePiece-style ones the piece as written (with `▁` for a space).
struct TokenTable: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var kinds: [TokenKind] = []

  var count: Int { kinds.count }

  mutating func reserveCapacity(_ count: Int) {
    ends.reserveCapacity(count)
    kinds.reserveCapacity(count)
    bytes.reserveCapacity(count * 8)
  }

  mutating func append(_ tokenBytes: some Sequence<UInt8>, _ kind: TokenKind) {
    bytes.append(contentsOf: tokenBytes)
    ends.append(bytes.count)
    kinds.append(kind)
  }

  func kind(of id: Int) -> TokenKind { kinds[id] }

  func range(of id: Int) -> Range<Int> { (id == 0 ? 0 : ends[id - 1])..<ends[id] }

  func bytes(of id: Int) -> ArraySlice<UInt8> { bytes[range(of: id)] }

  /// Whether a token's bytes are exactly these.
  func token(_ id: Int, equals other: UnsafeBufferPointer<UInt8>) -> Bool {
    let range = range(of: id)
    guard range.count == other.count else { return false }
    return bytes.withUnsafeBufferPointer { own in
      for offset in 0..<other.count where own[range.lowerBound + offset] != other[offset] { return false }
      return true
    }
  }
}
