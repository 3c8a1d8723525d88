// autointerp
// `ModuleReport` prints the modules of a run for a terminal: the verdict against chance first, then the modules.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Knowledge
internal import Platform

/// Modules for people. At most 100 columns but for names of groups.
package struct ModuleReport: Sendable {
  let findings: ModuleFindings
  /// What the run is called.
  let run: String

  package init(_ findings: ModuleFindings, run: String) {
    self.findings = findings
    self.run = run
  }

  private static let memberCount = 5
  private static let fewPrompts = 100

  /// A line about the module of a neuron, from what was found before; nil means that nothing was searched yet.
  package static func line(about neuron: NeuronID, _ findings: ModuleFindings?) -> String {
    guard let findings else { return "Module: not known; `autointerp modules RUN` searches modules once" }
    guard let module = findings.module(named: "\(neuron)") else {
      return "Module: in none (autointerp modules RUN)"
    }
    let others = module.members.map(\.neuron).filter { $0 != "\(neuron)" }.prefix(memberCount)
    return
      "Module: \(module.name), \(module.members.count) neurons, \(module.isBeyondChance ? "" : "NOT ")beyond chance, "
      + "\(module.isStable ? "stable" : "not stable"); with "
      + others.joined(separator: ", ") + (module.members.count > memberCount + 1 ? " and others" : "")
  }

  /// The overview; `limit` modules.
  package func text(limit: Int) -> String {
    let parts = [headLines, chanceLines, listLines(limit), motifLines, roleLines, unknownLines]
    return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  // MARK: Head

  private var headLines: [String] {
    let count = findings.believed.count
    let verdict =
      count == 0
      ? "No modules beyond chance."
      : "\(count) module\(count == 1 ? "" : "s") beyond chance, of \(findings.modules.count) found; both halves of the prompts find "
        + "\(findings.believed.count(where: \.isStable)) of them again."
    var lines = [
      "Modules of \(run.harmless(maximumBytes: 70)): \(ReadableNumber.grouped(findings.prompts)) prompts", verdict,
    ]
    lines += TextLines.wrapped(
      """
      \(ReadableNumber.grouped(findings.neurons)) neurons were searched, each in at least \(findings.settings.fewestPrompts) \
      prompts beyond position 0. Left out: \(ReadableNumber.grouped(findings.rareNeurons)) neurons in fewer prompts\
      \(findings.cutNeurons > 0 ? ", \(ReadableNumber.grouped(findings.cutNeurons)) beyond the first \(findings.settings.mostNeurons)" : "")\
      , position 0, places where a neuron writes as much as the stream\
      \(findings.sinks.isEmpty ? "" : ", and the sinks \(findings.sinks.prefix(6).joined(separator: ", "))").
      """)
    if findings.cutPrompts > 0 {
      lines += TextLines.wrapped(
        "\(ReadableNumber.grouped(findings.cutPrompts)) more prompts of the run do not count: the first of each group do."
      )
    }
    lines += TextLines.wrapped(
      """
      Two neurons are linked if they are together in more prompts than chance explains within prompts of equal group, ending and \
      length (\(findings.strata) strata; \(findings.lonePrompts) prompts are alone in theirs and say nothing), and of three families of \
      near-duplicates (\(ReadableNumber.grouped(findings.families)) in all). A link weighs its correlation there plus how alike the \
      neurons' drivers and targets are.
      """)
    if findings.prompts < Self.fewPrompts {
      lines += TextLines.wrapped(
        "With \(findings.prompts) prompts only strong modules can be told from chance: none found does not mean none there."
      )
    }
    return lines
  }

  // MARK: Chance

  private var chanceLines: [String] {
    let links = findings.links
    var lines = ["Against chance"]
    lines += TextLines.wrapped(
      """
        links: \(ReadableNumber.grouped(Int(links.value))) of \(ReadableNumber.grouped(findings.tests)) pairs (q < 0.05), between \
      \(ReadableNumber.grouped(findings.linkedNeurons)) neurons; with selections shuffled within strata \
      \(ReadableNumber.fixed(links.mean, decimals: 1)) on average, at most \(Int(links.largest)) in \(links.rounds) rounds
      """)
    if let modularity = findings.modularity {
      lines += TextLines.wrapped(
        "  modularity: \(Self.beside(modularity, decimals: 3)) random graphs with the same degrees")
    }
    if let agreement = findings.halvesAgreement {
      lines += TextLines.wrapped(
        """
          halves of the prompts agree (as many links in each): adjusted Rand index \(ReadableNumber.fixed(agreement.value, decimals: 2)) over \
        \(findings.halvesNeurons) neurons that are in modules of both; with labels exchanged at random \
        \(ReadableNumber.fixed(agreement.mean, decimals: 2)), at most \(ReadableNumber.fixed(agreement.largest, decimals: 2))
        """)
    } else if !findings.modules.isEmpty {
      lines += TextLines.wrapped("  halves of the prompts cannot be compared: each alone links too few neurons")
    }
    if let linked = findings.linkedSimilarity, let unlinked = findings.unlinkedSimilarity {
      lines += TextLines.wrapped(
        """
          profiles of linked neurons: similarity \(ReadableNumber.fixed(linked, decimals: 2)); of others that share as many prompts \
        \(ReadableNumber.fixed(unlinked, decimals: 2))
        """)
    }
    return lines
  }

  static func beside(_ figure: AgainstChance, decimals: Int) -> String {
    let z = figure.z.map { ", z \(ReadableNumber.fixed($0, decimals: 1))" } ?? ""
    return "\(ReadableNumber.fixed(figure.value, decimals: decimals)); "
      + "\(ReadableNumber.fixed(figure.mean, decimals: decimals)) on average, at most "
      + "\(ReadableNumber.fixed(figure.largest, decimals: decimals))\(z), p \(ReadableNumber.fixed(figure.pValue, decimals: 3)), in "
      + "\(figure.rounds)"
  }

  // MARK: Modules

  private func listLines(_ limit: Int) -> [String] {
    let shown = findings.modules.filter(\.isBeyondChance).prefix(limit)
    guard let first = shown.first else { return [] }
    let groups = first.groups.map { $0.name.harmless(maximumBytes: 12) }.joined(separator: "/")
    var lines = [
      "  " + "module".leading(16) + "neurons".leading(9) + "strength".leading(10) + "p".leading(7)
        + "halves share".leading(14) + "stable".leading(8) + "prompts (\(groups)), drives"
    ]
    for module in shown {
      lines.append(
        "  " + module.name.leading(16) + "\(module.members.count)".leading(9)
          + ReadableNumber.fixed(module.strength.value, decimals: 1).leading(10)
          + ReadableNumber.fixed(module.strength.pValue, decimals: 3).leading(7)
          + Self.halvesText(module).leading(14) + (module.isStable ? "yes" : "no").leading(8)
          + Self.promptsText(module))
    }
    let more = findings.believed.count - shown.count
    if more > 0 { lines.append("  and \(more) more (--limit)") }
    let weak = findings.modules.count - findings.believed.count
    if weak > 0 {
      lines.append("  \(weak) more clusters are no stronger than those of shuffled runs, and are not listed")
    }
    return lines + ["", "autointerp modules RUN --module NAME shows one module."]
  }

  private static func halvesText(_ module: ModuleFindings.Module) -> String {
    guard let halves = module.halves else { return "-" }
    return "\(ReadableNumber.fixed(halves.value, decimals: 2)) (\(ReadableNumber.fixed(halves.mean, decimals: 2)))"
  }

  private static func promptsText(_ module: ModuleFindings.Module) -> String {
    let groups = module.groups.map { "\($0.active)" }.joined(separator: "/")
    let logit = module.targets.first { $0.end.hasPrefix("L_") }
    let drives = logit.map { ", \(($0.text ?? $0.end).visible.quoted(maximumBytes: 16))" } ?? ""
    return "\(module.prompts.count) (\(groups))\(drives)\(module.isBroad ? "" : ", near-duplicates")"
  }

  // MARK: Motifs

  private var motifLines: [String] {
    guard let motifs = findings.motifs else { return [] }
    let triangles = motifs.triangles
    let lines = TextLines.wrapped(
      """
      Motifs among \(ReadableNumber.grouped(motifs.edges)) edges of \(ReadableNumber.grouped(motifs.neurons)) neurons that carry twice \
      the expected flow in at least 3 prompts: \(ReadableNumber.grouped(motifs.chains)) chains A -> B -> C, \
      \(ReadableNumber.grouped(motifs.fanIns)) fan-ins, \(ReadableNumber.grouped(motifs.fanOuts)) fan-outs (these follow from how many \
      edges each neuron has), \(ReadableNumber.grouped(Int(triangles.value))) feed-forward triangles: \
      \(ReadableNumber.fixed(triangles.mean, decimals: 0)) on average in \(triangles.rounds) random graphs that keep every neuron's \
      edges in and out to each layer and join only neurons that are selected together, at most \(Int(triangles.largest))\
      \(triangles.z.map { ", z \(ReadableNumber.fixed($0, decimals: 1))" } ?? ""), p \
      \(ReadableNumber.fixed(triangles.pValue, decimals: 3)): \
      \(motifs.isBeyondChance ? "more than chance explains" : "no more than chance explains").
      """)
    guard motifs.isBeyondChance else { return lines }
    return lines
      + motifs.strongest.prefix(3).map { "  " + $0.joined(separator: " -> ") + ", and directly" }
  }

  // MARK: Roles

  private var roleLines: [String] {
    guard let roles = findings.roles, roles.tested > 0 else { return [] }
    var lines = TextLines.wrapped(
      """
      Roles: of \(ReadableNumber.grouped(roles.tested)) neurons that have a role in the prompts of at least two modules (or of none), \
      \(roles.inconstant.count) change it from module to module (q < 0.05). Mean entropy \
      \(ReadableNumber.fixed(roles.meanEntropy, decimals: 2)) bits; with the prompts' modules exchanged at random, within equal group \
      and form, \(ReadableNumber.fixed(roles.randomEntropy, decimals: 2)).
      """)
    for neuron in roles.inconstant.prefix(Self.memberCount) {
      let parts = neuron.roles.map { part in
        "\(CircuitRole.words(part.role)) in \(part.prompts) prompts of \(part.module ?? "none")"
      }
      lines += TextLines.wrapped("  \(neuron.neuron): \(parts.joined(separator: ", "))")
    }
    return lines
  }

  private var unknownLines: [String] {
    ["Not known"]
      + TextLines.wrapped(
        "  whether the neurons of a module need each other: being together is no cause (autointerp causal)")
      + TextLines.wrapped(
        "  whether a module is about a subject or a phrasing that groups, endings and lengths do not tell apart")
  }
}
