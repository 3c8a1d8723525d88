// autointerp
// `GroupBalance.warnings` compares the forms of two groups of prompts and describes large differences in words.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform

extension GroupBalance {
  private typealias Shapes = (name: String, shapes: [PromptShape])

  /// Shares that differ by less do not warn: stratified tests are not needed for them.
  private static let smallestShareDifference = 0.2
  /// Differences that chance makes more often than this do not warn; some ten are looked at for a pair of groups.
  private static let level = 0.01
  /// Shares that differ by this much warn however few prompts there are: nothing could be told apart from the form.
  private static let decisiveShareDifference = 0.8
  /// Half of the prompts should have a counterpart of the same form.
  private static let smallestComparableShare = 0.5

  static func warnings(
    _ first: (name: String, shapes: [PromptShape]), _ second: (name: String, shapes: [PromptShape])
  ) -> [Warning] {
    guard !first.shapes.isEmpty, !second.shapes.isEmpty else { return [] }
    var texts: [String] = []
    let endings = PromptStrata.endings(of: first.shapes + second.shapes)
    let (firstEndings, secondEndings) = (endings.prefix(first.shapes.count), endings.dropFirst(first.shapes.count))
    for ending in Set(endings).sorted() {
      let table = FourfoldTable(
        Proportion(firstEndings.count { $0 == ending }, of: firstEndings.count),
        Proportion(secondEndings.count { $0 == ending }, of: secondEndings.count))
      guard differs(table) else { continue }
      texts.append(sentence(table, first.name, second.name, what: "end with \(ending.harmless(maximumBytes: 80))"))
    }
    texts += formWarnings(first, second)
    let comparable = comparableShare(first.shapes, second.shapes)
    if !texts.isEmpty, comparable < smallestComparableShare {
      texts.append(
        """
        only \(ReadableNumber.percent(comparable)) of the prompts of "\(first.name)" and "\(second.name)" have a counterpart of the same \
        ending and length in the other group; the others cannot be compared
        """)
    }
    return texts.map { Warning(first: first.name, second: second.name, text: $0) }
  }

  /// Differences in length and in answer prefixes.
  private static func formWarnings(_ first: Shapes, _ second: Shapes) -> [String] {
    let lengths = (first.shapes + second.shapes).map(\.wordCount).sorted()
    let median = lengths[(lengths.count - 1) / 2]
    let looks: [(what: String, test: (PromptShape) -> Bool)] = [
      ("have more than \(median) words", { $0.wordCount > median }),
      ("have a given start of the answer", { $0.hasAnswerPrefix }),
    ]
    return looks.compactMap { look in
      let table = FourfoldTable(
        Proportion(first.shapes.count(where: look.test), of: first.shapes.count),
        Proportion(second.shapes.count(where: look.test), of: second.shapes.count))
      return differs(table) ? sentence(table, first.name, second.name, what: look.what) : nil
    }
  }

  private static func differs(_ table: FourfoldTable) -> Bool {
    let difference = abs(table.first.rate - table.second.rate)
    guard difference >= smallestShareDifference, min(table.first.total, table.second.total) > 1 else { return false }
    if difference >= decisiveShareDifference { return true }
    let margins = StratumMargins(
      first: table.first.total, second: table.second.total, appearing: table.appearing)
    return ExactDistribution([margins]).twoSidedP(table.first.count) < level
  }

  private static func sentence(_ table: FourfoldTable, _ first: String, _ second: String, what: String) -> String {
    """
    \(ReadableNumber.percent(table.first.rate)) of the prompts of "\(first)" but \(ReadableNumber.percent(table.second.rate)) of "\(second)" \(what): \
    a neuron that depends on this looks specific to a group
    """
  }

  /// The share of prompts whose stratum holds prompts of both groups.
  private static func comparableShare(_ first: [PromptShape], _ second: [PromptShape]) -> Double {
    let strata = PromptStrata(first + second)
    var counts = [(first: Int, second: Int)](repeating: (0, 0), count: strata.names.count)
    for (place, stratum) in strata.numbers.enumerated() {
      if place < first.count { counts[stratum].first += 1 } else { counts[stratum].second += 1 }
    }
    let shared = counts.filter { $0.first > 0 && $0.second > 0 }.reduce(0) { $0 + $1.first + $1.second }
    return Double(shared) / Double(first.count + second.count)
  }
}
