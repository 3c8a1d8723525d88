// autointerp
// `DossierPage` shows dossiers in one HTML page that loads nothing else.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform
internal import Reports

/// A page for sharing, with a plot for each hypothesis that was tested.
package struct DossierPage {
  private let dossiers: [Dossier]
  private let softwareVersion: String

  /// `dossiers`: of one run, at least one.
  package init(_ dossiers: [Dossier], softwareVersion: String) {
    precondition(!dossiers.isEmpty, "a page shows at least one dossier")
    self.dossiers = dossiers
    self.softwareVersion = softwareVersion
  }

  package var html: [UInt8] {
    let title =
      dossiers.count == 1 ? "\(dossiers[0].neuron): investigation" : "\(dossiers.count) neurons: investigations"
    return HTMLDocument(title: title, body: body, script: nil).bytes
  }

  private var body: Markup {
    let register = dossiers[0].register
    return """
      <header>
      <p class="maker">autointerp: hypotheses about neurons, tested on prompts that suggested none of them</p>
      <h1>\(dossiers.count == 1 ? "\(dossiers[0].neuron)" : "\(dossiers.count) neurons") of \
      \(Markup.isolated(register.source.modelName))</h1>
      <p>Run \(Markup.isolated(register.source.run)); \(ReadableNumber.grouped(register.promptCount)) unseen of \
      \(ReadableNumber.grouped(register.givenCount)) prompts; seed \(Int(clamping: register.seed)).</p>
      <ul class="warnings" aria-label="Cautions">\(dossiers[0].cautions.map { text -> Markup in "<li>\(text)</li>" })</ul>
      </header>
      <main>
      \(if: dossiers.count > 1, overview)
      \(dossiers.map(section))
      \(rules(register))
      </main>
      <footer><p>Made by autointerp \(softwareVersion) by the protocol \(InvestigationRules.name). This page loads nothing from \
      the network.</p></footer>
      """
  }

  private var overview: Markup {
    let rows = dossiers.map { dossier -> Markup in
      let cells = Verdict.Outcome.allCases.map { outcome -> Markup in
        "<td class=\"number\">\(dossier.count(outcome))</td>"
      }
      return
        "<tr><th scope=\"row\"><a href=\"#\(Self.anchor(dossier))\">\(dossier.neuron.description)</a></th>\(cells)</tr>"
    }
    let heads = Verdict.Outcome.allCases.map { outcome -> Markup in
      "<th scope=\"col\" class=\"number\">\(outcome.rawValue)</th>"
    }
    return """
      <div class="wide"><table><thead><tr><th scope="col">neuron</th>\(heads)</tr></thead><tbody>\(rows)</tbody></table></div>
      """
  }

  private static func anchor(_ dossier: Dossier) -> String { "L\(dossier.neuron.layer)-N\(dossier.neuron.index)" }

  private func section(_ dossier: Dossier) -> Markup {
    let neuron = dossier.register.neuron
    let findings = dossier.findings.enumerated().map { article($1, number: $0, of: dossier) }
    return """
      <section class="neuron" id="\(Self.anchor(dossier))">
      <div class="head"><h3>\(dossier.neuron.description)</h3><span>\(dossier.counts)</span></div>
      \(dossier.proposalText.map { text -> Markup in "<p class=\"small\">\(text.capitalizedFirst).</p>" } ?? "")
      <p class="small">Selected in \(neuron.promptCount) prompts of the run; read \
      \(neuron.reading.isLast ? "at the last position" : "where it is most active beyond position 0"), usual sign \
      \(neuron.reading.sign > 0 ? "positive" : "negative"). Register \(dossier.register.digest), written before the tests.</p>
      \(findings)
      </section>
      """
  }

  private func article(_ finding: Dossier.Finding, number: Int, of dossier: Dossier) -> Markup {
    let (hypothesis, rules) = (finding.hypothesis, dossier.register.rules)
    let plot = ControlPlot(finding: finding, rules: rules).markup.map { svg -> Markup in
      """
      <figure class="picture">\(svg)<figcaption>Filled: \(hypothesis.controlled(dossier.neuron).description) with its 95 % \
      interval over prompts; open: the \(finding.measurement.controls.count) that it is compared with; dashed: the threshold; line: \
      chance.</figcaption></figure>
      """
    }
    return """
      <h4>H\(number + 1), \(hypothesis.isCausal ? "causal" : "correlation only")</h4>
      <p class="verdict"><b>\(finding.verdict.outcome.rawValue.uppercased()): \(hypothesis.statement(dossier.neuron)).</b> \
      \(hypothesis.origin.capitalizedFirst). Predicted: \(hypothesis.prediction(dossier.neuron, rules)).</p>
      <p>Measured: \(finding.figures). On: \(finding.measurement.design). \(finding.verdict.outcome.rawValue.capitalizedFirst), \
      because \(finding.reason(rules)).</p>
      \(plot ?? "")
      """
  }

  private func rules(_ register: InvestigationRegister) -> Markup {
    let entries = register.rules.list.map { entry -> Markup in
      let value = entry.value == entry.value.rounded() ? "\(Int(entry.value))" : "\(entry.value)"
      return "<dt>\(entry.name.split(separator: "_").joined(separator: " "))</dt><dd>\(value)</dd>"
    }
    return
      "<h2>The numbers that were fixed before</h2><section class=\"card\"><dl class=\"facts\">\(entries)</dl></section>"
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
