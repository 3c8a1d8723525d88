// autointerp
// `Tokenizer.fingerprint` computes a digest of everything that decides how a prompt becomes tokens.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

extension Tokenizer {
  /// The hexadecimal BLAKE2b-256 of vocabulary, merges, added tokens, normalisation, the use of BOS and EOS, and the
  /// model's own chat template.
  package func fingerprint() -> String {
    var digest = Digest()
    digest.update(
      """
      alphabet \(definition.alphabet)
      normalizers \(definition.normalizers)
      words \(definition.wordPreparation) \(definition.preTokenizer) \(definition.ignoresMerges)
      unknown \(definition.unknownToken ?? -1) \(definition.fusesUnknown)
      begin \(definition.bosToken ?? -1) \(definition.addsBOS) end \(definition.eosToken ?? -1) \(definition.addsEOS)
      leading space \(definition.dropsLeadingSpace)
      template \(definition.chatTemplate ?? "none")

      """)
    for token in definition.addedTokens { digest.update("\(token)\n") }
    for merge in definition.merges { digest.update("\(merge.left) \(merge.right) \(merge.rank) \(merge.result)\n") }
    for id in 0..<definition.table.count {
      let bytes = definition.table.bytes(of: id)
      digest.update("\(definition.table.kind(of: id).rawValue) \(bytes.count) ")
      bytes.withUnsafeBytes { digest.update($0) }
    }
    return digest.bytes().hexadecimal
  }
}
