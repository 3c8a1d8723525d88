// autointerp
// All that a tokenizer is, whatever file it came from.
// SPDX-License-Identifier: Apache-2.0

/// A tokenizer as data: two readers (GGUF metadata, `tokenizer.json`) produce it, `Tokenizer` runs it.
struct TokenizerDefinition: Sendable {
  /// What the symbols are from which merging starts.
  enum Alphabet: Equatable, Sendable {
    /// Bytes; one without a token becomes the unknown token, or else is dropped and what stood around it becomes
    /// neighbours.
    case bytes
    /// Unicode scalars; one without a token becomes its bytes' tokens (`<0xE2>`), or else the unknown token.
    case scalars(byteFallback: Bool)
  }

  /// A pair that merges; equal ranks go left to right.
  struct Merge: Sendable {
    var left: Int32
    var right: Int32
    var rank: UInt32
    var result: Int32
  }

  /// The file, for errors.
  var path: String
  var alphabet: Alphabet
  var table: TokenTable
  var merges: [Merge]
  var normalizers: [TextNormalizer] = []
  /// What happens to each stretch after its added tokens are out, before it is cut.
  var wordPreparation: [TextNormalizer] = []
  var preTokenizer: PreTokenizer
  /// A word that is a token is not merged at all.
  var ignoresMerges = false
  var unknownToken: Int32?
  /// Neighbouring unknown characters give one unknown token.
  var fusesUnknown = false
  var addedTokens: [AddedToken]
  var bosToken: Int32?
  var eosToken: Int32?
  var addsBOS = false
  var addsEOS = false
  /// Decoding drops one space at the start: the one that encoding put there.
  var dropsLeadingSpace = false
  /// The model's own chat template (Jinja), as it stands.
  var chatTemplate: String?
}
