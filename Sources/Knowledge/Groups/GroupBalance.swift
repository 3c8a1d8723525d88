// autointerp
// `GroupBalance` describes the form of the prompts in each group and warns if it differs too much to compare them.
// SPDX-License-Identifier: Apache-2.0

/// The form of the prompts of each group, and in words what makes groups hard to compare.
package struct GroupBalance: Sendable {
  /// One group.
  package struct Group: Equatable, Sendable {
    package var name: String
    package var promptCount: Int
    package var meanWords: Double
    /// The smallest length in words, the three quartiles, and the largest.
    package var wordQuartiles: [Int]
    /// How many prompts each class has. Classes without prompts are left out.
    package var endings: [EndingClass: Int]
    /// The most frequent last words, at most five.
    package var lastWords: [(word: String, prompts: Int)]
    /// How many prompts end with any mark.
    package var punctuated: Int
    package var withAnswerPrefix: Int

    package static func == (a: Group, b: Group) -> Bool {
      a.name == b.name && a.promptCount == b.promptCount && a.wordQuartiles == b.wordQuartiles && a.endings == b.endings
        && a.lastWords.elementsEqual(b.lastWords, by: ==) && a.withAnswerPrefix == b.withAnswerPrefix
    }
  }

  /// Why two groups are hard to compare.
  package struct Warning: Equatable, Sendable {
    package var first: String
    package var second: String
    package var text: String
  }

  package let groups: [Group]
  package let warnings: [Warning]

  /// - Parameter groups: names and shapes; every later group is compared with the first.
  package init(_ groups: [(name: String, shapes: [PromptShape])]) {
    self.groups = groups.map { Self.group($0.name, $0.shapes) }
    guard let first = groups.first else {
      warnings = []
      return
    }
    warnings = groups.dropFirst().flatMap { Self.warnings(first, $0) }
  }

  /// The warnings about a pair of groups, in either order of the names.
  package func warnings(between a: String, and b: String) -> [Warning] {
    warnings.filter { ($0.first, $0.second) == (a, b) || ($0.first, $0.second) == (b, a) }
  }

  private static func group(_ name: String, _ shapes: [PromptShape]) -> Group {
    let lengths = shapes.map(\.wordCount).sorted()
    var endings: [EndingClass: Int] = [:]
    var words: [String: Int] = [:]
    for shape in shapes {
      endings[shape.ending, default: 0] += 1
      if !shape.lastWord.isEmpty { words[shape.lastWord, default: 0] += 1 }
    }
    return Group(
      name: name, promptCount: shapes.count,
      meanWords: shapes.isEmpty ? 0 : Double(lengths.reduce(0, +)) / Double(shapes.count),
      wordQuartiles: lengths.isEmpty ? [] : (0...4).map { lengths[(lengths.count - 1) * $0 / 4] }, endings: endings,
      lastWords: words.sorted { (-$0.value, $0.key) < (-$1.value, $1.key) }.prefix(5).map { ($0.key, $0.value) },
      punctuated: shapes.count { !$0.endsWithWord && $0.ending != .number },
      withAnswerPrefix: shapes.count(where: \.hasAnswerPrefix))
  }
}
