// autointerp
// `TokenTable` holds the bytes and the kind of every token in a vocabulary.
// SPDX-License-Identifier: Apache-2.0

/// What a token is for.
enum TokenKind: UInt8, Sendable {
  /// A piece of text.
  case normal
  /// Marks structure (turns, begin, end). Recognised only where special tokens are parsed.
  case control
  /// Added to the vocabulary. Recognised in any text.
  case userDefined
  /// One byte (`<0xE2>`), for text that has no other token.
  case byte
  /// Stands for text that has no token.
  case unknown
  /// An id that no text and no template produces.
  case unused
}

/// The tokens by id, in one buffer.
///
/// A token's bytes are those that merging works on: in a byte-level vocabulary the bytes of its text, in a
/// SentencePiece-style one the piece as written (with `▁` for a space).
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

  /// True if a token's bytes equal the given ones.
  func token(_ id: Int, equals other: UnsafeBufferPointer<UInt8>) -> Bool {
    let range = range(of: id)
    guard range.count == other.count else { return false }
    return bytes.withUnsafeBufferPointer { own in
      for offset in 0..<other.count where own[range.lowerBound + offset] != other[offset] { return false }
      return true
    }
  }
}
