// autointerp
// `ReportPage.section` writes what is known about one neuron, and what is not.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import RunIndex

extension ReportPage {
  func section(_ neuron: NeuronReport) -> Markup {
    let name = neuron.row.neuron.description
    let anchor = NeuronReport.anchor(neuron.row.neuron)
    return """
      <section class="neuron" id="\(anchor)" aria-labelledby="\(anchor)-title">
      <div class="head"><h3 id="\(anchor)-title">\(name)</h3>\(verdict(neuron).map { Self.tag($0) } ?? "")\
      <span class="tag">\(Self.words(neuron.role.role.rawValue))</span><a href="#neurons">all neurons</a></div>
      \(labels(neuron))\(verdicts(neuron))
      <p class="verdict">\(roleWords(neuron))</p>
      \(moduleLine(neuron.row.neuron))
      <h4>Circuit</h4>
      <figure><div class="picture" role="region" aria-label="Circuit of \(name)" tabindex="0">\(CircuitPicture(neuron: neuron).markup)</div>
      <figcaption><span class="scroll">Scroll sideways for the targets. </span>Width: mean |flow| of the prompts with the edge, the largest \
      of each side at full width; dashed: it lowers the metric on average.\
      \(sinkWords(neuron))</figcaption></figure>
      <div class="columns">
      <div><h4>What drives it (\(ReadableNumber.grouped(neuron.driverCount)) in all; flow a prompt, prompts)</h4>
      \(edges(neuron.drivers.map { ($0, $0.source) }))</div>
      <div><h4>What it drives (\(ReadableNumber.grouped(neuron.targetCount)) in all; flow a prompt, prompts)</h4>
      \(edges(neuron.targets.map { ($0, $0.target) }))</div>
      <div><h4>Where it was selected (\(ReadableNumber.grouped(neuron.places.total)) places; strongest activations)</h4>
      \(places(neuron))</div>
      <div><h4>Scores against removal</h4>\(effects(neuron))
      <h4>Not known</h4>\(unknown(neuron))</div>
      </div>
      </section>

      """
  }

  // MARK: Words

  private func labels(_ neuron: NeuronReport) -> Markup {
    guard !neuron.labels.isEmpty else { return "" }
    let claims = neuron.labels.prefix(4).map { label -> Markup in
      """
      <li><q><bdi class="text">\(String(label.text.prefix(400)))</bdi></q> <span class="small">\
      (\(Markup.isolated(([label.claim] + label.scores.map(\.text)).joined(separator: "; "))))</span></li>
      """
    }
    return "<ul class=\"claims\">\(claims)</ul>"
  }

  private func verdicts(_ neuron: NeuronReport) -> Markup {
    guard !neuron.specificities.isEmpty else {
      return "<p class=\"verdict\">Only one group of prompts was run, so that nothing can be called specific to it.</p>"
    }
    let lines = neuron.specificities.map { comparison, found -> Markup in
      let word = Self.verdict(found, comparison).word
      let belongs = found.class == .domain || found.class == .baseline ? "belongs to \(word)" : word
      let test = found.test.map { test -> Markup in
        """
         Odds \(OddsText.text(test.logOdds, comparison.first, comparison.second)), q \(Self.probability(test.qValue)) of \
        \(ReadableNumber.grouped(comparison.testCount)) tests (\(found.isStratified ? "within prompts of equal form" : "Fisher's exact test")).
        """
      }
      let disagreement =
        found.testsDisagree ? found.crude.flatMap { crude in found.stratified.map { (crude, $0) } } : nil
      let careful = disagreement.map { crude, stratified -> Markup in
        """
         <b>The tests give different classes:</b> q \(Self.probability(crude.qValue)) over all prompts, \
        \(Self.probability(stratified.qValue)) within prompts of equal form.
        """
      }
      return """
        <p class="verdict"><b>\(comparison.first) against \(comparison.second): \(belongs)\
        \(comparison.basis == .active ? " by activity" : "").</b> \(comparison.basis == .active ? "Among the most active" : "Selected") \
        \(found.reason).\
        \(test ?? "")\(careful ?? "")</p>
        """
    }
    return "\(lines)"
  }

  private func roleWords(_ neuron: NeuronReport) -> Markup {
    let (role, figures) = (neuron.role, neuron.role.figures)
    var parts: [String] = []
    if let share = figures.tokenShare { parts.append("\(Self.percent(share)) of what drives it comes from tokens") }
    if let share = figures.outputShare { parts.append("\(Self.percent(share)) of what it drives are predictions") }
    parts.append("sign \(Self.signed(figures.sign, decimals: 2))")
    parts.append(
      role.isStable
        ? "both halves of the prompts agree"
        : "the halves of the prompts disagree (\(role.halves.map { Self.words($0.rawValue) }.joined(separator: ", ")))")
    let counts = NodeTrust.allCases.filter { neuron.trust.count($0) > 0 }.map {
      "\(ReadableNumber.grouped(neuron.trust.count($0))) \($0.rawValue)"
    }
    return """
      <b>Role: \(Self.words(role.role.rawValue)).</b> \(parts.joined(separator: "; ")). <b>Trust in its scores: \
      \(neuron.trust.overall.rawValue)</b> (positions: \(counts.joined(separator: ", "))).
      """
  }

  private func sinkWords(_ neuron: NeuronReport) -> Markup {
    let sinks = Set(neuron.sinkDrivers).sorted()
    guard !sinks.isEmpty else { return "" }
    return " Not drawn: the \(sinks.count == 1 ? "sink" : "sinks") \(sinks.map { "\($0)" }.joined(separator: ", "))."
  }

  // MARK: Edges

  private func edges(_ edges: [(EdgeRow, NamedEnd)]) -> Markup {
    guard !edges.isEmpty else { return "<p class=\"muted\">Nothing that was kept.</p>" }
    let known = Set(neurons.map(\.row.neuron))
    let lines = edges.map { edge, end -> Markup in
      let cancels = edge.statistics.cancels
      let cancelled =
        cancels ? ", |flow| \(ReadableNumber.fixed(edge.statistics.absoluteMean, decimals: 3)): signs cancel" : ""
      return """
        <li><span>\(Self.name(end, known))</span><span>\(Self.signed(edge.statistics.mean)) in \
        \(ReadableNumber.grouped(edge.prompts))\(cancelled)</span></li>
        """
    }
    return "<ul class=\"edges\">\(lines)</ul>"
  }

  /// A link if the neuron has a section.
  private static func name(_ end: NamedEnd, _ known: Set<NeuronID>) -> Markup {
    if let neuron = end.endpoint.neuron {
      return known.contains(neuron)
        ? "<a href=\"#\(NeuronReport.anchor(neuron))\">\(neuron.description)</a>" : "\(neuron.description)"
    }
    switch end.endpoint.kind {
    case .metric: return "the metric"
    case .logit: return "logit “\(Markup.token(end.text ?? end.id))”"
    default: return "token “\(Markup.token(end.text ?? end.id))”"
    }
  }

  // MARK: Places

  private func places(_ neuron: NeuronReport) -> Markup {
    let lines = neuron.places.rows.map { place -> Markup in
      """
      <li><span class="value">\(Self.signed(place.activation, decimals: 2))</span><bdi class="words">\
      \(place.before.joined().visible)<mark>\(place.tokenText.visible)</mark>\(place.after.joined().visible)</bdi>\
      <span class="where">prompt \(place.prompt) of \(place.group), position \(place.position), score \
      \(Self.signed(place.score))</span></li>
      """
    }
    let tokens = neuron.tokens.enumerated().map { place, token -> Markup in
      "\(place > 0 ? ", " : "")“\(Markup.token(token.text))” \(token.positions)"
    }
    return """
      <ol class="places">\(lines)</ol>
      <p class="small">Tokens there: \(tokens)</p>
      """
  }

  // MARK: Effects

  private func effects(_ neuron: NeuronReport) -> Markup {
    guard !neuron.removed.isEmpty else {
      return "<p class=\"muted\">It was removed in none of these prompts, so that only scores are known.</p>"
    }
    let scatter = EffectScatter(removed: neuron.removed)
    let isCut = Int(neuron.statistics.verifiedCount) > neuron.removed.count
    return """
      <figure class="scatter">\(scatter.markup)<figcaption>\(scatter.words) Filled: drawn at random; open: chosen because its \
      score was large; dashed line: prediction and removal equal.\(if: isCut, " Only the largest effects are drawn.")\
      </figcaption></figure>
      """
  }

  private func unknown(_ neuron: NeuronReport) -> Markup {
    var texts = ["How often it fires: prompts count in which it was selected."]
    texts.append(
      neuron.removed.isEmpty
        ? "Whether it is necessary: it was never removed."
        : "Whether it is necessary elsewhere, or together with others.")
    if neuron.row.prompts < 10 { texts.append("Much: it was selected in only \(neuron.row.prompts) prompts.") }
    if neuron.row.lastPositions == neuron.row.positions {
      texts.append("What it detects: it was selected only at the last position, where the prediction is read.")
    }
    if neuron.specificities.contains(where: { $0.found.class == .undetermined }) {
      texts.append("Which group it belongs to: chance is not excluded, nor is a large difference.")
    }
    return "<ul class=\"unknown\">\(texts.map { text -> Markup in "<li>\(text)</li>" })</ul>"
  }
}
