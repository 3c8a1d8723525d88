// autointerp
// `TextNormalizer` changes text before it is cut into words.
// SPDX-License-Identifier: Apache-2.0

/// One step of normalisation. Steps run in order on each stretch of text between added tokens.
enum TextNormalizer: Equatable, Sendable {
  /// Canonical composition (Unicode normalisation form C).
  case canonicalComposition
  /// Inserts text before a stretch, unless the stretch is empty.
  case prepend(String)
  /// Like `prepend`, unless the stretch already begins with the text. If `onlyFirst`, only at the start of the whole
  /// text.
  case prependIfMissing(String, onlyFirst: Bool)
  case replace(String, with: String)

  /// Normalises a stretch of text. `isFirst` is true at the start of the whole text.
  func apply(to text: inout [UInt8], isFirst: Bool) {
    switch self {
    case .canonicalComposition:
      CanonicalComposition.unicode9.apply(to: &text)
    case .prepend(let prefix):
      if !text.isEmpty { text.insert(contentsOf: prefix.utf8, at: 0) }
    case .prependIfMissing(let prefix, let onlyFirst):
      if onlyFirst && !isFirst { return }
      if !text.isEmpty, !text.starts(with: prefix.utf8) { text.insert(contentsOf: prefix.utf8, at: 0) }
    case .replace(let pattern, let replacement):
      Self.replace(Array(pattern.utf8), with: Array(replacement.utf8), in: &text)
    }
  }

  /// Replaces every occurrence from left to right. The pattern must not be empty.
  private static func replace(_ pattern: [UInt8], with replacement: [UInt8], in text: inout [UInt8]) {
    guard let first = pattern.first, text.contains(first) else { return }
    var result: [UInt8] = []
    result.reserveCapacity(text.count * 2)
    var index = 0
    while index < text.count {
      if text[index] == first, text[index...].starts(with: pattern) {
        result.append(contentsOf: replacement)
        index += pattern.count
      } else {
        result.append(text[index])
        index += 1
      }
    }
    text = result
  }
}
