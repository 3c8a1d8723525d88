// autointerp
// `Tokenizer` converts text to token ids and back, exactly like the model's own tokenizer.
// SPDX-License-Identifier: Apache-2.0

/// Says whether the text of a special token (`<|im_start|>`) becomes that token.
package enum SpecialTokens: Sendable {
  /// The text of a special token becomes that token.
  case parsed
  /// The text of a special token is ordinary text; for untrusted text. Tokens that a model added without calling them
  /// special (`<think>`) are still found, as in the reference tokenizers.
  case plainText
}

/// The tokenizer of a model: byte-level BPE, or SentencePiece-style BPE with byte fallback.
///
/// Token ids equal those of Hugging Face `tokenizers`. llama.cpp gives other ids in two cases: if the text has bytes
/// that the vocabulary lacks (llama.cpp does not merge across a dropped byte), and if a model normalises text that is
/// not in normalisation form C (GGUF files do not store normalisation). Truncation and padding in `tokenizer.json`
/// are ignored.
package struct Tokenizer: Sendable {
  let definition: TokenizerDefinition
  let merges: MergeTable
  /// The tokens that merging can produce, by their bytes.
  let pieces: TokenIndex
  /// Added tokens by their own text; those that the model wants normalised are in `normalizedAddedTokens`.
  let addedTokens: AddedTokens
  let normalizedAddedTokens: AddedTokens
  /// The token of each single byte, or -1.
  let byteTokens: [Int32]

  /// The token that text begins with if `addsBOS` is true.
  package var bosToken: Int32? { definition.bosToken }
  /// The token that ends a text or a turn.
  package var eosToken: Int32? { definition.eosToken }
  /// True if the model needs its BOS before every text. In tokenizer.json the post-processor says so.
  package var addsBOS: Bool { definition.addsBOS }
  /// True if the model needs its EOS after every text.
  package var addsEOS: Bool { definition.addsEOS }
  /// The number of tokens; ids are `0..<vocabularySize`. A model may have more embeddings than tokens, as padding.
  package var vocabularySize: Int { definition.table.count }

  /// The model's own chat template (Jinja), unchanged.
  package var chatTemplate: String? { definition.chatTemplate }

  /// True if the model has a special token with this text.
  package func hasSpecialToken(_ text: String) -> Bool {
    definition.addedTokens.contains { $0.isSpecial && $0.content.utf8.elementsEqual(text.utf8) }
  }

  init(_ definition: TokenizerDefinition) throws(CheckpointError) {
    self.definition = definition
    let table = definition.table
    self.pieces = TokenizerDefinition.pieceIndex(table)
    var merges = MergeTable(capacity: definition.merges.count)
    for merge in definition.merges {
      guard merges.insert(merge.left, merge.right, .init(rank: merge.rank, result: merge.result)) else {
        throw CheckpointError(
          path: definition.path, "the file has the merge of tokens \(merge.left) and \(merge.right) twice")
      }
    }
    self.merges = merges

    var byteTokens = [Int32](repeating: -1, count: 256)
    let kindOfByte: TokenKind = definition.alphabet == .bytes ? .normal : .byte
    for id in 0..<table.count where table.kind(of: id) == kindOfByte {
      let bytes = table.bytes(of: id)
      if bytes.count == 1, let byte = bytes.first, byteTokens[Int(byte)] < 0 { byteTokens[Int(byte)] = Int32(id) }
    }
    self.byteTokens = byteTokens

    let added = definition.addedTokens
    self.addedTokens = AddedTokens(added.filter { !$0.isNormalized }.map { ($0, Array($0.content.utf8)) })
    self.normalizedAddedTokens = AddedTokens(
      added.filter(\.isNormalized).map { token in
        var text = Array(token.content.utf8)
        for step in definition.normalizers { step.apply(to: &text, isFirst: true) }
        return (token, text)
      })
  }
}
