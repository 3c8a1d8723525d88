// autointerp
// `AddedTokens` finds special and other added tokens in text before the text is cut into words.
// SPDX-License-Identifier: Apache-2.0

/// A token that is recognised as a whole wherever its text occurs.
struct AddedToken: Equatable, Sendable {
  var id: Int32
  var content: String
  /// True for control tokens, which are found only where special tokens are parsed.
  var isSpecial: Bool
  /// True if the token is not found inside a word.
  var singleWord = false
  /// True if the token also takes the whitespace before it.
  var stripsLeft = false
  /// True if the token also takes the whitespace after it.
  var stripsRight = false
  /// True if the token is normalised and searched for in normalised text.
  var isNormalized = false
}

/// A set of added tokens, stored as a trie. Matches are leftmost, then longest, as in Hugging Face `tokenizers`.
struct AddedTokens: Sendable {
  struct Match: Equatable {
    var id: Int32
    var range: Range<Int>
  }

  private let tokens: [AddedToken]
  /// Maps `node << 8 | byte` to the next node. Node 0 is the root.
  private var edges: [UInt32: UInt32] = [:]
  /// Maps a node to the number of the token that ends there.
  private var ends: [UInt32: Int] = [:]
  private var firstBytes = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { tokens.isEmpty }

  /// - Parameter tokens: each token with the text by which it is found. Empty texts are left out.
  init(_ tokens: [(token: AddedToken, text: [UInt8])]) {
    self.tokens = tokens.map(\.token)
    var nodeCount: UInt32 = 1
    for (number, entry) in tokens.enumerated() where !entry.text.isEmpty {
      firstBytes[Int(entry.text[0])] = true
      var node: UInt32 = 0
      for byte in entry.text {
        let edge = node << 8 | UInt32(byte)
        if let child = edges[edge] {
          node = child
        } else {
          edges[edge] = nodeCount
          node = nodeCount
          nodeCount += 1
        }
      }
      ends[node] = number
    }
  }

  /// Returns all matches in a range of a text, in order and without overlap. Special tokens match only in ranges that
  /// `parsesSpecials` allows.
  func matches(in text: TextView, _ range: Range<Int>, parsesSpecials: (Range<Int>) -> Bool) -> [Match] {
    if isEmpty { return [] }
    var matches: [Match] = []
    var covered = range.lowerBound
    var index = range.lowerBound
    while index < range.upperBound {
      guard firstBytes[Int(text[index])], let found = longestMatch(in: text, at: index, to: range.upperBound) else {
        index += 1
        continue
      }
      let token = tokens[found.number]
      var match = index..<found.end
      index = found.end
      if token.isSpecial, !parsesSpecials(match) { continue }
      if token.singleWord, text.isWord(before: match.lowerBound, from: range.lowerBound) { continue }
      if token.singleWord, text.isWord(after: match.upperBound, to: range.upperBound) { continue }
      if token.stripsLeft {
        match = max(covered, text.startOfSpaces(before: match.lowerBound, from: range.lowerBound))..<match.upperBound
      }
      if token.stripsRight {
        match = match.lowerBound..<text.endOfRun(of: .space, from: match.upperBound, to: range.upperBound)
      }
      matches.append(Match(id: token.id, range: match))
      covered = match.upperBound
      index = max(index, covered)
    }
    return matches
  }

  private func longestMatch(in text: TextView, at start: Int, to end: Int) -> (number: Int, end: Int)? {
    var node: UInt32 = 0
    var index = start
    var best: (number: Int, end: Int)?
    while index < end, let child = edges[node << 8 | UInt32(text[index])] {
      node = child
      index += 1
      if let number = ends[node] { best = (number, index) }
    }
    return best
  }
}

extension TextView {
  /// Returns the start of the scalar before an index.
  private func startOfScalar(before index: Int) -> Int {
    var start = index - 1
    while self[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  fileprivate func startOfSpaces(before end: Int, from start: Int) -> Int {
    var index = end
    while index > start, case let before = startOfScalar(before: index), scalarClass(at: before).class == .space {
      index = before
    }
    return index
  }

  fileprivate func isWord(before index: Int, from start: Int) -> Bool {
    index > start && isWord(scalar(at: startOfScalar(before: index)).value)
  }

  fileprivate func isWord(after index: Int, to end: Int) -> Bool { index < end && isWord(scalar(at: index).value) }

  /// Unicode's `\w` (UTS 18): alphabetic, mark, decimal number, connector or join control.
  private func isWord(_ value: UInt32) -> Bool {
    guard let properties = Unicode.Scalar(value)?.properties else { return false }
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }
}
