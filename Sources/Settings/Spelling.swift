// autointerp
// `Spelling` suggests the right name for a mistyped one.
// SPDX-License-Identifier: Apache-2.0

/// Suggests names for misspelt words.
enum Spelling {
  /// The candidate that `word` most likely means; nil if none is close.
  static func suggestion(for word: String, among candidates: [String]) -> String? {
    let ranked = candidates.map { (distance: distance(word.lowercased(), $0.lowercased()), candidate: $0) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, word.count / 3) ? best.candidate : nil
  }

  /// The number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string
  /// alignment).
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.unicodeScalars), Array(b.unicodeScalars))
    // rows[i][j]: the distance of the first i of a and the first j of b. [a.count + 1, b.count + 1]
    var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count {
      for j in 0...b.count {
        if i == 0 || j == 0 {
          rows[i][j] = i + j
          continue
        }
        let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        var best = min(replaced, rows[i - 1][j] + 1, rows[i][j - 1] + 1)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, rows[i - 2][j - 2] + 1) }
        rows[i][j] = best
      }
    }
    return rows[a.count][b.count]
  }
}
