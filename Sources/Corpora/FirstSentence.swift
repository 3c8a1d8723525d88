// autointerp
// `FirstSentence` finds the sentence of a running text that becomes a baseline prompt.
// SPDX-License-Identifier: Apache-2.0

/// Finds the first sentence of a text that is neither too short nor too long for a prompt.
///
/// This is a rule of thumb for web text. A sentence ends with its line, or after `.`, `!` or `?` (and closing quotes or
/// brackets) if white space follows and then anything but a lower-case letter, unless the word before is a title or an
/// initial. CJK full stops need no white space. Lines without a final mark (headings, menus) are used only if the text
/// has no proper sentence of fitting length.
enum FirstSentence {
  /// The fitting lengths, in characters.
  static let lengths = 20...200

  private static let marks: Set<Character> = [".", "!", "?", "…"]
  private static let wideMarks: Set<Character> = ["。", "！", "？"]
  private static let closers: Set<Character> = ["\"", "'", ")", "]", "”", "’", "»"]
  private static let titles: Set<String> = [
    "Dr", "Mr", "Mrs", "Ms", "Prof", "St", "Sr", "Jr", "Gen", "Col", "Rev", "No", "Fig", "Vol", "vs", "approx",
  ]

  static func find(in text: String) -> String? {
    var unmarked: Substring?
    for line in text.split(whereSeparator: \.isNewline) {
      var rest = line.drop(while: \.isWhitespace)
      while !rest.isEmpty {
        let (sentence, isMarked) = cut(&rest)
        guard lengths.contains(sentence.count) else { continue }
        if isMarked { return String(sentence) }
        unmarked = unmarked ?? sentence
      }
    }
    return unmarked.map { String($0) }
  }

  /// Removes the first sentence from `rest`, which has no white space at its start and end.
  private static func cut(_ rest: inout Substring) -> (sentence: Substring, isMarked: Bool) {
    var index = rest.startIndex
    while index < rest.endIndex {
      let character = rest[index]
      rest.formIndex(after: &index)
      guard marks.contains(character) || wideMarks.contains(character) else { continue }
      let word = word(before: rest.index(before: index), in: rest)
      while index < rest.endIndex, marks.contains(rest[index]) || closers.contains(rest[index]) {
        rest.formIndex(after: &index)
      }
      let following = rest[index...]
      if !wideMarks.contains(character), let next = following.first {
        guard next.isWhitespace else { continue }
        if following.first(where: { !$0.isWhitespace })?.isLowercase == true { continue }
      }
      if character == ".", !following.isEmpty,
        titles.contains(word) || (word.count == 1 && word.first?.isUppercase == true)
      {
        continue
      }
      let sentence = rest[..<index]
      rest = following.drop(while: \.isWhitespace)
      return (sentence, true)
    }
    let sentence = rest
    rest = rest[rest.endIndex...]
    let end = sentence.lastIndex { !$0.isWhitespace }.map { sentence.index(after: $0) } ?? sentence.startIndex
    return (sentence[..<end], false)
  }

  /// Returns the letters just before a mark, at most one more than the longest title has.
  private static func word(before mark: String.Index, in text: Substring) -> String {
    let nearby = text[..<mark].suffix(7)
    return String(nearby.lastIndex { !$0.isLetter }.map { nearby[nearby.index(after: $0)...] } ?? nearby)
  }
}
