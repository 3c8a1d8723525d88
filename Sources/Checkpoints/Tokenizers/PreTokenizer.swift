// autointerp
// `PreTokenizer` cuts text into the words inside which byte-level BPE merges.
// SPDX-License-Identifier: Apache-2.0

/// Says how text is cut before merging. Each case is one published regular expression, run by a hand-written scanner.
///
/// The character classes are those of `ScalarClass`. Alternatives are tried in order at each position and match what
/// a backtracking engine would match:
///
///     gpt2    's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///     smollm  every digit alone, then gpt2 on what lies between
///     llama3  (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
///             |\s*[\r\n]+|\s+(?!\S)|\s+
///     qwen2   llama3 with \p{N} in place of \p{N}{1,3}
enum PreTokenizer: Equatable, Sendable {
  case gpt2
  case smollm
  case llama3
  case qwen2
  /// The whole text is one word (SentencePiece-style models).
  case none
  /// A word begins at each `▁` (Metaspace with `split`).
  case metaspace

  /// Calls `body` with the range of each word, in order. Together the ranges cover `range` exactly.
  @inline(__always)
  func forEachWord(in text: TextView, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    switch self {
    case .gpt2: Self.scan(range, { text.endOfGPT2Word(from: $0, to: range.upperBound) }, body)
    case .smollm: Self.scanDigitsApart(text, range, body)
    case .llama3:
      Self.scan(range, { text.endOfLlama3Word(from: $0, to: range.upperBound, digitsPerWord: 3) }, body)
    case .qwen2:
      Self.scan(range, { text.endOfLlama3Word(from: $0, to: range.upperBound, digitsPerWord: 1) }, body)
    case .none: if !range.isEmpty { body(range) }
    case .metaspace: Self.scan(range, { text.endOfMetaspaceWord(from: $0, to: range.upperBound) }, body)
    }
  }

  @inline(__always)
  private static func scan(_ range: Range<Int>, _ endOfWord: (Int) -> Int, _ body: (Range<Int>) -> Void) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = endOfWord(start)
      body(start..<end)
      start = end
    }
  }

  /// Cuts digits out first, because the GPT-2 pattern must treat the text between two digits as separate texts.
  @inline(__always)
  private static func scanDigitsApart(_ text: TextView, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var start = range.lowerBound
    while start < range.upperBound {
      var segmentEnd = start
      var digitEnd = start
      while segmentEnd < range.upperBound {
        let (value, next) = text.scalar(at: segmentEnd)
        if ScalarClass.isSplitDigit(value) {
          digitEnd = next
          break
        }
        segmentEnd = next
      }
      scan(start..<segmentEnd, { text.endOfGPT2Word(from: $0, to: segmentEnd) }, body)
      if digitEnd > segmentEnd { body(segmentEnd..<digitEnd) }
      start = max(segmentEnd, digitEnd)
    }
  }
}
