// autointerp
// `GroupBalance.lines` is the table of a run's groups that people see before the run starts.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

extension GroupBalance {
  /// The balance of all prompts of a run, whether they are merged or not. Groups without prompts are left out.
  package init(_ specification: RunSpecification) {
    self.init(
      specification.groups.map { group in
        (
          name: group.rawValue,
          shapes: specification.prompts.filter { $0.origin == group }.map {
            PromptShape(text: $0.text, answerPrefix: $0.answerPrefix)
          }
        )
      }.filter { !$0.shapes.isEmpty })
  }

  /// A line for each group, then the warnings. Nothing if there is one group only: there is nothing to compare.
  package var lines: [String] {
    guard groups.count > 1 else { return [] }
    return groups.map(line) + warnings.map { "WARNING: \($0.text)" }
  }

  private func line(_ group: Group) -> String {
    let endings = EndingClass.allCases.filter { group.endings[$0] != nil }.sorted {
      (group.endings[$0] ?? 0) > (group.endings[$1] ?? 0)
    }.prefix(3).map { ending in
      "\(ReadableNumber.percent(Double(group.endings[ending] ?? 0) / Double(max(1, group.promptCount)))) \(ending.words)"
    }
    return """
      \(group.name): \(group.promptCount) prompts of \(ReadableNumber.fixed(group.meanWords, decimals: 1)) words on average; \
      they end with \(endings.joined(separator: ", "))
      """
  }
}
