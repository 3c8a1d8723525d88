// autointerp
// `TokenizerDefinition` builds its merges from written pairs, or from the scores of a SentencePiece-style vocabulary.
// SPDX-License-Identifier: Apache-2.0

extension TokenizerDefinition {
  /// Indexes the tokens that merging can produce by their bytes.
  static func pieceIndex(_ table: TokenTable) -> TokenIndex {
    var index = TokenIndex(capacity: table.count)
    for id in 0..<table.count where table.kind(of: id) == .normal || table.kind(of: id) == .userDefined {
      index.insert(id, of: table)
    }
    return index
  }

  /// Reads merges of byte-level pieces, written `left right` in the byte-level alphabet, first merge first.
  static func merges(
    named lines: [String], _ table: TokenTable, _ keys: GGUFTokenizerKeys
  ) throws(CheckpointError) -> [Merge] {
    let index = pieceIndex(table)
    var merges: [Merge] = []
    merges.reserveCapacity(lines.count)
    for (number, line) in lines.enumerated() {
      let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard parts.count == 2, let merge = merge(parts[0], parts[1], rank: UInt32(number), index, table) else {
        throw keys.error("merges", "merge \(number) does not join two tokens into a third", found: "\"\(line)\"")
      }
      merges.append(merge)
    }
    return merges
  }

  /// Makes a merge of two byte-level pieces, or returns nil if one of them or their union is not a token.
  static func merge(
    _ left: Substring.UTF8View, _ right: Substring.UTF8View, rank: UInt32, _ index: TokenIndex, _ table: TokenTable
  ) -> Merge? {
    guard let left = ByteLevelAlphabet.bytes(of: Substring(left)),
      let right = ByteLevelAlphabet.bytes(of: Substring(right))
    else { return nil }
    return merge(left, right, rank: rank, index, table)
  }

  static func merge(
    _ left: [UInt8], _ right: [UInt8], rank: UInt32, _ index: TokenIndex, _ table: TokenTable
  ) -> Merge? {
    guard let leftID = index.find(left, in: table), let rightID = index.find(right, in: table),
      let result = index.find(left + right, in: table)
    else { return nil }
    return Merge(left: leftID, right: rightID, rank: rank, result: result)
  }

  /// Lists every way to make a piece of two others. Pieces of higher score merge first, equal scores from left to
  /// right.
  ///
  /// This is SentencePiece's rule, which only looks at the score of the union, written as pairs. Source: Kudo and
  /// Richardson 2018, and llama.cpp, which applies it to text directly.
  static func merges(byScore scores: [Float], _ table: TokenTable) -> [Merge] {
    let index = pieceIndex(table)
    let ranks = ranks(of: scores)
    var merges: [Merge] = []
    for id in 0..<table.count where table.kind(of: id) == .normal || table.kind(of: id) == .userDefined {
      let piece = table.bytes(of: id)
      guard index.find(piece, in: table) == Int32(id) else { continue }
      for split in piece.indices.dropFirst() where piece[split] & 0xC0 != 0x80 {
        guard let left = index.find(piece[..<split], in: table), let right = index.find(piece[split...], in: table)
        else { continue }
        merges.append(Merge(left: left, right: right, rank: ranks[id], result: Int32(id)))
      }
    }
    return merges
  }

  /// Ranks the scores: 0 for the highest. Equal scores get equal ranks.
  private static func ranks(of scores: [Float]) -> [UInt32] {
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var ranks = [UInt32](repeating: 0, count: scores.count)
    var rank: UInt32 = 0
    for (place, id) in order.enumerated() {
      if place > 0, scores[id] != scores[order[place - 1]] { rank += 1 }
      ranks[id] = rank
    }
    return ranks
  }
}
