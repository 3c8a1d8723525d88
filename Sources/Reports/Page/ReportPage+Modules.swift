// autointerp
// `ReportPage.moduleSections` shows the modules of the run, and first how few of them can be believed.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import Platform

extension ReportPage {
  /// More modules are named but not drawn.
  private static let moduleCount = 12

  /// The modules beyond chance that the page shows, the strongest first.
  var shownModules: ArraySlice<ModuleFindings.Module> { modules?.believed.prefix(Self.moduleCount) ?? [] }

  static func anchor(ofModule module: ModuleFindings.Module) -> String {
    module.name.split(separator: "/").joined(separator: "-")
  }

  var moduleSections: Markup {
    guard let modules else {
      return """
        <h2 id="modules">Modules</h2>
        <p class="muted">Not searched: <code>autointerp modules RUN</code> searches them once; a page that is written afterwards \
        shows them.</p>
        """
    }
    return """
      <h2 id="modules">Modules</h2>
      <p>\(moduleVerdict(modules))</p>
      \(shownModules.map { section($0) })
      """
  }

  private func moduleVerdict(_ modules: ModuleFindings) -> Markup {
    let (believed, links) = (modules.believed, modules.links)
    let stable = believed.count(where: \.isStable)
    let verdict: Markup =
      believed.isEmpty
      ? "<b>No modules beyond chance</b>, of \(modules.modules.count) clusters found."
      : """
      <b>\(believed.count) of \(modules.modules.count) clusters are stronger than those of shuffled runs; both halves of the \
      prompts find \(stable) of these \(believed.count) again.</b>
      """
    let hidden = believed.count - shownModules.count
    return """
      \(verdict) A module is a set of neurons that are selected together more than group, ending and length of the prompts \
      explain: \(ReadableNumber.grouped(Int(links.value))) of \(ReadableNumber.grouped(modules.tests)) pairs are linked, with shuffled \
      selections \(ReadableNumber.fixed(links.mean, decimals: 1)) on average. Being together is no cause, and what only one half of \
      the prompts finds is not reproduced.\(if: hidden > 0, " \(hidden) more are not drawn.")
      """
  }

  private func section(_ module: ModuleFindings.Module) -> Markup {
    let anchor = Self.anchor(ofModule: module)
    let tag: Markup =
      module.isStable ? "<span class=\"tag second\">stable</span>" : "<span class=\"tag sink\">not stable</span>"
    return """
      <section class="neuron module" id="\(anchor)" aria-labelledby="\(anchor)-title">
      <div class="head"><h3 id="\(anchor)-title">\(module.name)</h3>\(tag)<a href="#modules">all modules</a></div>
      <p class="verdict">\(moduleWords(module))</p>
      <figure><div class="picture" role="region" aria-label="Picture of \(module.name)" tabindex="0">\
      \(ModulePicture(module: module, sections: Set(neurons.map { NeuronReport.anchor($0.row.neuron) })).markup)</div>
      <figcaption><span class="scroll">Scroll sideways for the targets. </span>Numbers and widths: members with more flow from or to \
      it than expected, a ranking and no test. Bars: the weight of a member's links to the others.</figcaption></figure>
      \(activeWords(module))
      </section>

      """
  }

  private func moduleWords(_ module: ModuleFindings.Module) -> Markup {
    let strength = module.strength
    let halves = module.halves.map { halves -> Markup in
      """
      Of what each half of the prompts alone finds of it, both have \(ReadableNumber.percent(halves.value)) in common; with neurons \
      exchanged at random \(ReadableNumber.percent(halves.mean))\
      \(module.halvesQ.map { q -> Markup in ", q \(Self.probability(q))" } ?? "").
      """
    }
    return """
      <b>\(module.members.count) neurons, \(module.links) links</b>, whose correlations sum to \
      \(ReadableNumber.fixed(strength.value, decimals: 1)); the strongest cluster of a shuffled run has \
      \(ReadableNumber.fixed(strength.mean, decimals: 1)) on average, p \(ReadableNumber.fixed(strength.pValue, decimals: 3)). \
      \(halves ?? "One half of the prompts alone finds nothing of it.")
      """
  }

  private func activeWords(_ module: ModuleFindings.Module) -> Markup {
    let groups = module.groups.enumerated().map { place, group -> Markup in
      let test = group.qValue.map { q -> Markup in " (q \(Self.probability(q)) within prompts of equal form)" }
      return "\(place > 0 ? ", " : "")\(group.active) of \(group.prompts) of \(group.name)\(test ?? "")"
    }
    let texts = module.prompts.prefix(3).compactMap { number -> Markup? in
      let prompts = index.specification.prompts
      guard prompts.indices.contains(Int(number)) else { return nil }
      return "<li><q>\(Markup.isolated(Self.short(prompts[Int(number)].text)))</q></li>"
    }
    return """
      <p class="verdict">Active in \(module.prompts.count) prompts: \(groups).\
      \(if: !module.isBroad, " They are near-duplicates of each other: it may be one phrasing.")</p>
      <ul class="claims">\(texts)</ul>
      """
  }

  /// The module of a neuron, in a paragraph; nothing if modules were not searched.
  func moduleLine(_ neuron: NeuronID) -> Markup {
    guard let module = modules?.module(named: "\(neuron)") else { return "" }
    let words = "\(module.isBeyondChance ? "" : "not ")beyond chance, \(module.isStable ? "stable" : "not stable")"
    let name: Markup =
      shownModules.contains { $0.name == module.name }
      ? "<a href=\"#\(Self.anchor(ofModule: module))\">\(module.name)</a>" : "\(module.name)"
    return "<p class=\"verdict\"><b>Module: \(name)</b>, \(module.members.count) neurons, \(words).</p>"
  }
}
