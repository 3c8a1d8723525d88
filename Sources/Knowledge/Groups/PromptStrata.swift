// autointerp
// `PromptStrata` divides prompts into strata of equal form, so that groups are compared within one form.
// SPDX-License-Identifier: Apache-2.0

/// The strata of a set of prompts: equal ending and similar length.
///
/// The division looks at all prompts together and never at their groups, so that it favours neither group.
package struct PromptStrata: Sendable {
  /// `[prompts]`: the stratum of each prompt, numbered from 0 in order of first appearance.
  package let numbers: [Int]
  /// `[strata]`: what each stratum is, such as `"is", 8 to 11 words`.
  package let names: [String]

  /// A last word that at least this share of the prompts has is an ending of its own: the class of function words is too
  /// wide if a third of one group ends with "is".
  package static let commonWordShare = 0.05

  /// - Parameters:
  ///   - shapes: of all prompts.
  ///   - wordShare: last words that this share of the prompts has are endings of their own.
  package init(_ shapes: [PromptShape], wordShare: Double = commonWordShare) {
    let endings = Self.endings(of: shapes, wordShare: wordShare)
    let bounds = Self.lengthBounds(of: shapes)
    var numberOfKey: [String: Int] = [:]
    var numbers: [Int] = []
    var names: [String] = []
    for (shape, ending) in zip(shapes, endings) {
      let name = "\(ending), \(Self.lengthName(shape.wordCount, bounds))"
      if let known = numberOfKey[name] {
        numbers.append(known)
      } else {
        numberOfKey[name] = names.count
        numbers.append(names.count)
        names.append(name)
      }
    }
    self.numbers = numbers
    self.names = names
  }

  /// How each prompt ends: a common last word in quotes, otherwise the class.
  static func endings(of shapes: [PromptShape], wordShare: Double = commonWordShare) -> [String] {
    var counts: [String: Int] = [:]
    for shape in shapes where shape.endsWithWord { counts[shape.lastWord, default: 0] += 1 }
    return shapes.map { shape in
      let isCommon =
        shape.endsWithWord
        && Double(counts[shape.lastWord] ?? 0) >= max(2, wordShare * Double(shapes.count))
      return isCommon ? "\"\(shape.lastWord)\"" : shape.ending.words
    }
  }

  /// The longest short prompt and the longest middling one, in words: thirds of all prompts.
  private static func lengthBounds(of shapes: [PromptShape]) -> (short: Int, middling: Int) {
    let sorted = shapes.map(\.wordCount).sorted()
    guard !sorted.isEmpty else { return (0, 0) }
    return (sorted[(sorted.count - 1) / 3], sorted[(sorted.count - 1) * 2 / 3])
  }

  private static func lengthName(_ words: Int, _ bounds: (short: Int, middling: Int)) -> String {
    if words <= bounds.short { return "at most \(bounds.short) words" }
    return words <= bounds.middling ? "\(bounds.short + 1) to \(bounds.middling) words" : "more words"
  }
}

extension PromptShape {
  /// True if the prompt stops after a word, without a mark.
  package var endsWithWord: Bool { ending == .functionWord || ending == .word }
}
