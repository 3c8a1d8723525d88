// autointerp
// `TextView` finds where a word ends by the pattern of each pre-tokenizer.
// SPDX-License-Identifier: Apache-2.0

extension TextView {
  /// Returns the end of the word at `start` by the GPT-2 pattern. Requires `start < end`.
  func endOfGPT2Word(from start: Int, to end: Int) -> Int {
    if let contractionEnd = endOfContraction(from: start, to: end, ignoringCase: false) { return contractionEnd }
    let first = scalarClass(at: start)
    if first.class != .space { return endOfRun(of: first.class, from: first.next, to: end) }
    if self[start] == 0x20, first.next < end {
      let second = scalarClass(at: first.next)
      if second.class != .space { return endOfRun(of: second.class, from: second.next, to: end) }
    }
    let spaces = run(ofSpacesFrom: start, to: end)
    return spaces.endBeforeText
  }

  /// Returns the end of the word at `start` by Llama 3's pattern, or Qwen 2's (one digit per word). Requires `start <
  /// end`.
  func endOfLlama3Word(from start: Int, to end: Int, digitsPerWord: Int) -> Int {
    if let contractionEnd = endOfContraction(from: start, to: end, ignoringCase: true) { return contractionEnd }
    let first = scalarClass(at: start)
    if first.class == .letter { return endOfRun(of: .letter, from: first.next, to: end) }
    if first.class == .number { return endOfNumber(from: start, to: end, digitsPerWord: digitsPerWord) }

    if first.next < end, !isNewline(self[start]) {
      let second = scalarClass(at: first.next)
      if second.class == .letter { return endOfRun(of: .letter, from: second.next, to: end) }
      if self[start] == 0x20, second.class == .other {
        return endOfNewlines(from: endOfRun(of: .other, from: second.next, to: end), to: end)
      }
    }
    if first.class == .other {
      return endOfNewlines(from: endOfRun(of: .other, from: first.next, to: end), to: end)
    }
    let spaces = run(ofSpacesFrom: start, to: end)
    return spaces.endOfLastNewline ?? spaces.endBeforeText
  }

  /// Returns the end of the word at `start`, which is before the next `▁`. Requires `start < end`.
  func endOfMetaspaceWord(from start: Int, to end: Int) -> Int {
    var index = scalar(at: start).next
    while index < end {
      let (value, next) = scalar(at: index)
      if value == SpaceMarker.value { break }
      index = next
    }
    return index
  }

  /// A run of whitespace, and where `\s*[\r\n]+` and `\s+(?!\S)|\s+` would end in it.
  private struct Spaces {
    var end: Int
    var startOfLast: Int
    var endOfLastNewline: Int?
    var start: Int
    var isAtEnd: Bool

    /// At the end of the text, the whole run. Before other text, all but the last space, which belongs to the next
    /// word; a single space is kept whole.
    var endBeforeText: Int { isAtEnd || startOfLast == start ? end : startOfLast }
  }

  private func run(ofSpacesFrom start: Int, to end: Int) -> Spaces {
    var spaces = Spaces(end: start, startOfLast: start, endOfLastNewline: nil, start: start, isAtEnd: false)
    while spaces.end < end {
      let (scalarClass, next) = scalarClass(at: spaces.end)
      if scalarClass != .space { break }
      if isNewline(self[spaces.end]) { spaces.endOfLastNewline = next }
      spaces.startOfLast = spaces.end
      spaces.end = next
    }
    spaces.isAtEnd = spaces.end == end
    return spaces
  }

  private func endOfNumber(from start: Int, to end: Int, digitsPerWord: Int) -> Int {
    var index = start
    var count = 0
    while index < end, count < digitsPerWord {
      let (scalarClass, next) = scalarClass(at: index)
      if scalarClass != .number { break }
      index = next
      count += 1
    }
    return index
  }

  private func endOfNewlines(from start: Int, to end: Int) -> Int {
    var index = start
    while index < end, isNewline(self[index]) { index += 1 }
    return index
  }

  private func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  /// Returns the end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `start`, or nil.
  ///
  /// If case is ignored, the long s (U+017F) counts as an s, because the reference uses Unicode's simple case
  /// folding.
  private func endOfContraction(from start: Int, to end: Int, ignoringCase: Bool) -> Int? {
    guard self[start] == 0x27, start + 1 < end else { return nil }
    let caseBit: UInt8 = ignoringCase ? 0x20 : 0
    let first = self[start + 1] | caseBit
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
      guard start + 2 < end else { return nil }
      let second = first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")
      return self[start + 2] | caseBit == second ? start + 3 : nil
    default:
      guard ignoringCase, self[start + 1] == 0xC5, self[start + 2] == 0xBF else { return nil }
      return start + 3
    }
  }
}
