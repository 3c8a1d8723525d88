// autointerp
// `ModuleReport` prints one module: members, what they share, and the prompts in which it is active.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import Knowledge
internal import Platform

extension ModuleReport {
  /// One module. `prompts` gives the text of a prompt.
  package func text(of module: ModuleFindings.Module, limit: Int, prompts: (Int32) -> String?) -> String {
    let parts = [
      verdictLines(module), memberLines(module, limit),
      sharedLines("What drives its members more than expected", module.drivers, limit),
      sharedLines("What its members drive more than expected", module.targets, limit),
      promptLines(module, limit, prompts),
    ]
    return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private func verdictLines(_ module: ModuleFindings.Module) -> [String] {
    let strength = module.strength
    var lines = ["\(module.name): \(module.members.count) neurons, \(module.links) links"]
    lines += TextLines.wrapped(
      """
        \(module.isBeyondChance ? "beyond chance" : "NOT beyond chance"): its links' correlations sum to \
      \(ReadableNumber.fixed(strength.value, decimals: 1)); the strongest cluster of a run with shuffled selections has \
      \(ReadableNumber.fixed(strength.mean, decimals: 1)) on average, at most \(ReadableNumber.fixed(strength.largest, decimals: 1)) in \
      \(strength.rounds) rounds (p \(ReadableNumber.fixed(strength.pValue, decimals: 3)))
      """)
    if let halves = module.halves {
      lines += TextLines.wrapped(
        """
          \(module.isStable ? "stable" : "NOT stable"): of what each half of the prompts alone finds of it, both have \(ReadableNumber.percent(halves.value)) in common; with neurons \
        exchanged at random \(ReadableNumber.percent(halves.mean)), at most \(ReadableNumber.percent(halves.largest))\
        \(module.halvesQ.map { " (q \(ReadableNumber.fixed($0, decimals: 3)))" } ?? "")
        """)
    } else {
      lines += TextLines.wrapped("  NOT stable: one half of the prompts alone finds nothing of it")
    }
    lines.append(
      "  profiles of linked members: similarity \(ReadableNumber.fixed(module.profileSimilarity, decimals: 2))"
        + (findings.unlinkedSimilarity.map {
          "; of others that share as many prompts \(ReadableNumber.fixed($0, decimals: 2))"
        } ?? ""))
    return lines
  }

  private func memberLines(_ module: ModuleFindings.Module, _ limit: Int) -> [String] {
    var lines = ["Members (weight of links to the others; share of their links that stay inside)"]
    lines += module.members.prefix(limit).map { member in
      "  \(member.neuron): weight \(ReadableNumber.fixed(member.weight, decimals: 2)), "
        + "\(ReadableNumber.percent(member.inside)) inside, in \(member.prompts) prompts"
    }
    if module.members.count > limit { lines.append("  and \(module.members.count - limit) more (--limit)") }
    return lines
  }

  private func sharedLines(_ title: String, _ ends: [ModuleFindings.SharedEnd], _ limit: Int) -> [String] {
    guard !ends.isEmpty else { return [] }
    return TextLines.wrapped(
      "\(title) (members; flow over expected, in all prompts that they are in; a ranking, no test)")
      + ends.prefix(limit).map { end in
        "  \(Self.name(end)): \(end.members) members, times \(ReadableNumber.fixed(end.ratio, decimals: 1))"
      }
  }

  static func name(_ end: ModuleFindings.SharedEnd) -> String {
    guard let text = end.text else { return end.end }
    return (end.end.hasPrefix("L_") ? "logit " : "token ") + text.visible.quoted(maximumBytes: 40)
  }

  private func promptLines(
    _ module: ModuleFindings.Module, _ limit: Int, _ prompts: (Int32) -> String?
  ) -> [String] {
    var lines = TextLines.wrapped(
      """
      Active in \(module.prompts.count) prompts of \(module.families) families of near-duplicates (three standard deviations more members \
      than on average)\(module.isBroad ? "" : ": it may be one phrasing")
      """)
    for group in module.groups {
      let test = group.qValue.map { ", q \(ReadableNumber.scientific($0)) within prompts of equal form" } ?? ""
      lines.append("  \(group.name.harmless(maximumBytes: 40)): \(group.active) of \(group.prompts)\(test)")
    }
    let endings = module.endings.map { "\($0.active) of \($0.prompts) that end \($0.text.quoted(maximumBytes: 40))" }
    if !endings.isEmpty { lines += TextLines.wrapped("  endings: \(endings.joined(separator: ", "))") }
    lines += module.prompts.prefix(min(limit, 8)).compactMap { number in
      prompts(number).map { "    #\(number) \($0.quoted(maximumBytes: 84))" }
    }
    return lines
  }
}
