// autointerp
// Text to token ids and back, exactly as the model's own tokenizer does it.
// SPDX-License-Identifier: Apache-2.0

/// Whether the text of special tokens (`<|im_start|>`) means those tokens.
package enum SpecialTokens: Sendable {
  /// The text of a special token is that token.
  case parsed
  /// It is ordinary text: for text that is not to be trusted. Tokens which a model added without calling them special
  /// (`<think>`) are found all the same, as the reference tokenizers do.
  case plainText
}

/// The tokenizer of a model: byte-level BPE or SentencePiece-style BPE with byte fallback.
///
/// Token ids equal those of Hugging Face `tokenizers`, and of llama.cpp except where that differs from it: for text with
/// bytes that the vocabulary lacks (llama.cpp does not merge across a dropped byte) and, for models that normalise,
/// for text that is not in normalisation form C (llama.cpp and so a GGUF file know no normalisation).
/// Truncation and padding, which `tokenizer.json` may hold, are never applied.
package struct Tokenizer: Sendable {
  let definition: TokenizerDefinition
  let merges: MergeTable
  /// The pieces that text is made of, by their bytes.
  let pieces: TokenIndex
  /// Added tokens by their own text and, if the model wants that, by their normalised text.
  let addedTokens: AddedTokens
  let normalizedAddedTokens: AddedTokens
  /// Tokens of single bytes, -1 where there is none.
  let byteTokens: [Int32]

  /// The token that text begins with if `addsBOS`.
  package var bosToken: Int32? { definition.bosToken }
  /// The token that ends a text or a turn.
  package var eosToken: Int32? { definition.eosToken }
  /// Whether the model wants its BOS before every text: what the file says, for tokenizer.json its post-processor.
  package var addsBOS: Bool { definition.addsBOS }
  /// Whether the model wants its EOS after every text.
  package var addsEOS: Bool { definition.addsEOS }
  /// Tokens, by ids `0..<vocabularySize`; a model may have more embeddings than that, as padding.
  package var vocabularySize: Int { definition.table.count }

  /// The model's own chat template (Jinja), as it stands.
  package var chatTemplate: String? { definition.chatTemplate }

  /// Whether a special token is written so.
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
          path: definition.path, "the merge of tokens \(merge.left) and \(merge.right) is there twice")
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
