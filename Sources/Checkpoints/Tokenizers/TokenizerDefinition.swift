// autointerp
// `TokenizerDefinition` holds everything that defines a tokenizer, independent of the file format.
// SPDX-License-Identifier: Apache-2.0

/// A tokenizer as data. GGUF metadata or `tokenizer.json` is read into it, and `Tokenizer` runs it.
struct TokenizerDefinition: Sendable {
  /// The symbols with which merging starts.
  enum Alphabet: Equatable, Sendable {
    /// Bytes. A byte without a token becomes the unknown token; without an unknown token it is dropped, and its
    /// neighbours may merge.
    case bytes
    /// Unicode scalars. A scalar without a token becomes the tokens of its bytes (`<0xE2>`) or the unknown token.
    case scalars(byteFallback: Bool)
  }

  /// A pair that merges. Of equal ranks the leftmost pair merges first.
  struct Merge: Sendable {
    var left: Int32
    var right: Int32
    var rank: UInt32
    var result: Int32
  }

  /// The file's path, for errors.
  var path: String
  var alphabet: Alphabet
  var table: TokenTable
  var merges: [Merge]
  var normalizers: [TextNormalizer] = []
  /// Steps applied to each stretch after added tokens are taken out and before it is cut into words.
  var wordPreparation: [TextNormalizer] = []
  var preTokenizer: PreTokenizer
  /// True if a word that is itself a token is not merged.
  var ignoresMerges = false
  var unknownToken: Int32?
  /// True if neighbouring unknown characters give one unknown token.
  var fusesUnknown = false
  var addedTokens: [AddedToken]
  var bosToken: Int32?
  var eosToken: Int32?
  var addsBOS = false
  var addsEOS = false
  /// True if decoding drops the first space, which encoding added.
  var dropsLeadingSpace = false
  /// The model's own chat template (Jinja), unchanged.
  var chatTemplate: String?
}
