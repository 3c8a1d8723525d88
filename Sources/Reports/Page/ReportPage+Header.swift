// autointerp
// `ReportPage.header` says what was run, what was found, and how far the figures can be believed.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import RunIndex

extension ReportPage {
  var header: Markup {
    let specification = index.specification
    return """
      <header>
      <p class="maker">autointerp: what the neurons of a language model do</p>
      <h1>\(Markup.isolated(specification.corpusName)) on \(Markup.isolated(specification.modelName))</h1>
      \(warnings)
      <div class="cards">
      <section class="card" aria-labelledby="run-title"><h2 id="run-title">The run</h2>\(facts)</section>
      <section class="card" aria-labelledby="found-title"><h2 id="found-title">What it found</h2>\(findings)</section>
      <section class="card" aria-labelledby="believe-title"><h2 id="believe-title">How far to believe scores</h2>\(agreement)</section>
      </div>
      </header>
      """
  }

  // MARK: Warnings

  private var warnings: Markup {
    var texts = balance.warnings.map(\.text)
    let state = index.state
    if state.mergedPrompts < state.promptCount {
      texts.insert("the run is unfinished: \(state.mergedPrompts) of \(state.promptCount) prompts are merged", at: 0)
    }
    if state.mergedPrompts < 50 { texts.append("the whole run has only \(state.mergedPrompts) prompts") }
    guard !texts.isEmpty else { return "" }
    return """
      <ul class="warnings" aria-label="Warnings">\(texts.map { text -> Markup in "<li><b>Careful:</b> \(text)</li>" })</ul>
      """
  }

  // MARK: The run

  private var facts: Markup {
    let specification = index.specification
    var facts: [(String, Markup)] = [
      ("run", Markup.isolated(specification.name)),
      ("prompts", "\(ReadableNumber.grouped(index.state.mergedPrompts))"),
    ]
    if groups.count > 1 {
      for group in groups { facts.append(("of " + group.name, "\(ReadableNumber.grouped(group.merged))")) }
    }
    facts.append(("template", Markup.isolated(String(specification.template.name.prefix(40)))))
    for setting in specification.settings.written
    where ["metric", "rule", "select", "positions", "edge_threshold", "verify"].contains(setting.name) {
      facts.append(
        (Self.words(setting.name), Markup.isolated(String(setting.text(of: specification.settings).prefix(60)))))
    }
    facts.append(("seed", "\(specification.seed)"))
    if let fingerprint = specification.modelFingerprint {
      facts.append(("model fingerprint", Markup.isolated(String(fingerprint.prefix(12)) + "…")))
    }
    return """
      <dl class="facts">\(facts.map { fact -> Markup in "<dt>\(fact.0)</dt><dd>\(fact.1)</dd>" })</dl>
      """
  }

  // MARK: What was found

  private var findings: Markup {
    var parts: [Markup] = [
      """
      <p>\(ReadableNumber.grouped(neuronCount)) neurons were selected in at least one prompt; \(ReadableNumber.grouped(neurons.count)) \
      are on this page: \(selection.words).</p>
      """
    ]
    if comparisons.isEmpty {
      parts.append("<p>Only one group of prompts was run, so that nothing can be called specific to it.</p>")
    }
    for comparison in comparisons {
      let null = comparison.null
      parts.append(
        """
        <p><b>\(comparison.first) against \(comparison.second):</b> \(ReadableNumber.grouped(comparison.findingCount)) of \
        \(ReadableNumber.grouped(comparison.testCount)) tested neurons have q &lt; 0.05\
        \(comparison.isStratified ? " within prompts of equal form" : ""); with groups drawn at random \
        \(ReadableNumber.fixed(null.mean, decimals: 1)) on average, at most \(null.largest) in \(null.findings.count) rounds.</p>
        """)
      if let fewest = comparison.detectable.fewestAgainstNone {
        parts.append(
          """
          <p class="muted">A neuron in fewer than \(fewest) prompts of \(comparison.first) and in none of \
          \(comparison.second) is not found.</p>
          """)
      }
    }
    return "\(parts)"
  }

  // MARK: Agreement

  private var agreement: Markup {
    guard let found = try? index.agreement(), found.first != nil || found.later != nil else {
      return
        "<p>Nothing was removed at random in this run, so that nobody knows how well its scores predict removals.</p>"
    }
    let parts = [("beyond position 0", found.later), ("at position 0", found.first)].compactMap {
      place, part -> Markup? in
      guard let part else { return nil }
      return """
        <p><b>\(place):</b> of \(ReadableNumber.grouped(part.nodes)) random neurons in \(ReadableNumber.grouped(part.prompts)) \
        prompts, scores and removals agree with r \(Self.figure(part.correlation, isShare: false)); signs right \
        \(Self.figure(part.signs, isShare: true)), within 25 % \(Self.figure(part.withinQuarter, isShare: true)). \
        \(Self.verdict(part))</p>
        """
    }
    return "\(parts)"
  }

  private static func figure(_ figure: MeasuredAgreement.Figure?, isShare: Bool) -> String {
    guard let figure else { return "unknown" }
    func text(_ value: Double) -> String { isShare ? percent(value) : ReadableNumber.fixed(value, decimals: 2) }
    guard let low = figure.low, let high = figure.high else { return text(figure.value) }
    return "\(text(figure.value)) (\(text(low)) to \(text(high)))"
  }

  /// In words what the agreement is worth.
  private static func verdict(_ agreement: MeasuredAgreement) -> String {
    guard let near = agreement.withinQuarter, let low = near.low else { return "Too few to judge." }
    if low >= TrustCalibration.goodShare { return "Scores there can be trusted." }
    if near.value >= TrustCalibration.roughShare { return "Scores there are good for ranking, roughly for size." }
    return "Scores there predict removals badly."
  }
}
