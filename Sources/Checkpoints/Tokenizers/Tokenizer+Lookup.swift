// autointerp
// `Tokenizer.token(named:)` finds a token by its text or by `#id`.
// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
  /// Returns the token that is written as its exact text (`" Paris"`, with the leading space) or as `#id` (`#7042`).
  ///
  /// - Throws: an error if the id is beyond the vocabulary or if no token has exactly this text. The error then lists
  ///   the tokens of the text.
  package func token(named name: String) throws(CheckpointError) -> Int32 {
    if name.hasPrefix("#"), name.utf8.count > 1, name.utf8.dropFirst().allSatisfy({ (0x30...0x39).contains($0) }) {
      guard let id = Int32(name.dropFirst()), id < vocabularySize else {
        throw CheckpointError(
          path: definition.path, "there is no token \(name)", expected: "ids from #0 to #\(vocabularySize - 1)")
      }
      return id
    }
    if let added = definition.addedTokens.first(where: { $0.content.utf8.elementsEqual(name.utf8) }) { return added.id }
    if let id = piece(of: name) { return id }

    let parts = encode(name, special: .parsed).map { "\($0) \"\(displayText(of: $0))\"" }
    throw CheckpointError(
      path: definition.path,
      "\"\(CheckpointError.printable(name))\" is not the text of one token; give the text of one, spaces included, or #id",
      expected: "one token", found: parts.isEmpty ? "none" : "\(parts.count): \(parts.joined(separator: ", "))")
  }

  /// Returns the token of exactly this text, in the vocabulary's spelling.
  private func piece(of text: String) -> Int32? {
    var bytes = Array(text.utf8)
    if definition.alphabet != .bytes {
      TextNormalizer.replace(" ", with: SpaceMarker.text).apply(to: &bytes, isFirst: false)
    }
    if let id = pieces.find(bytes, in: definition.table) { return id }
    // Some vocabularies have a character (a newline, for example) only as a byte.
    guard text.utf8.count == 1, let byte = text.utf8.first, byteTokens[Int(byte)] >= 0 else { return nil }
    return byteTokens[Int(byte)]
  }
}
