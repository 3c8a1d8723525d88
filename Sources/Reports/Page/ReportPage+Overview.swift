// autointerp
// `ReportPage.overview` is the table of all neurons on the page, which a script makes sortable; sinks have one of their own.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import RunIndex

extension ReportPage {
  var overview: Markup {
    let roles = Set(neurons.map(\.role.role)).sorted { $0.rawValue < $1.rawValue }
    let verdicts = Set(neurons.compactMap { verdict($0)?.word }).sorted()
    let heads = [head("neuron"), head("label"), head("role")] + (comparisons.isEmpty ? [] : [head("belongs to")])
    let numbers =
      (comparisons.isEmpty ? [] : [head("q", isNumber: true, ascending: true), head("odds (95 %)", isNumber: true)])
      + groups.map { head($0.name, isNumber: true) } + [head("mean score", isNumber: true), head("trust")]
    return """
      <h2 id="neurons">Neurons</h2>
      <form id="controls" class="controls" hidden>
      <label>Find <input id="search" type="search" placeholder="neuron, label, token" autocomplete="off"></label>
      <label>Role \(Self.choice("role", roles.map { Self.words($0.rawValue) }))</label>
      \(if: !verdicts.isEmpty, "<label>Belongs to \(Self.choice("belongs", verdicts))</label>")
      <label class="sort">Sort by <select id="order"><option value="">the first order</option></select></label>
      <output id="shown" for="search"></output>
      </form>
      <div class="wide" role="region" aria-label="Table of neurons" tabindex="0">
      <table class="overview">
      <caption hidden>Neurons of this report</caption>
      <thead><tr>\(heads)\(numbers)</tr></thead>
      <tbody>
      \(neurons.map(overviewRow))</tbody>
      </table>
      </div>
      """
  }

  private func head(_ name: String, isNumber: Bool = false, ascending: Bool = false) -> Markup {
    isNumber
      ? (ascending
        ? "<th scope=\"col\" class=\"number\" data-first=\"ascending\">\(name)</th>"
        : "<th scope=\"col\" class=\"number\">\(name)</th>") : "<th scope=\"col\">\(name)</th>"
  }

  private static func choice(_ name: String, _ values: [String]) -> Markup {
    """
    <select name="\(name)"><option value="">any</option>\
    \(values.map { value -> Markup in "<option>\(value)</option>" })</select>
    """
  }

  private func overviewRow(_ neuron: NeuronReport) -> Markup {
    let verdict = verdict(neuron)
    let occurrences = Double(max(1, neuron.statistics.occurrences))
    let score = neuron.statistics.scoreSum(index.specification.settings.rule) / occurrences
    var cells: [Markup] = [
      "<th scope=\"row\"><a href=\"#\(NeuronReport.anchor(neuron.row.neuron))\">\(neuron.row.neuron.description)</a></th>",
      "<td class=\"full\" data-label=\"label\">\(neuron.labels.first.map { Markup.isolated(Self.short($0.markedText)) } ?? tokens(neuron))</td>",
      "<td data-label=\"role\">\(Self.words(neuron.role.role.rawValue))</td>",
    ]
    if !comparisons.isEmpty {
      cells.append("<td data-label=\"belongs to\">\(verdict.map { Self.tag($0) } ?? "")</td>")
      let test = neuron.specificities.first?.found.test
      cells.append(
        """
        <td class="number" data-label="q" data-value="\(test.map { "\($0.qValue)" } ?? "")">\
        \(test.map { Self.probability($0.qValue) } ?? "not tested")</td>
        """)
      let odds = neuron.specificities.first?.found.logOdds
      cells.append(
        """
        <td class="number" data-label="odds (95 %)" data-value="\(odds.map { "\($0.value)" } ?? "")">\
        \(odds.map { OddsText.text($0, comparisons[0].first, comparisons[0].second) } ?? "")</td>
        """)
    }
    for group in groups {
      let count = neuron.groupCounts[group.name] ?? 0
      cells.append(
        """
        <td class="number" data-label="\(group.name)" data-value="\(Double(count) / Double(max(1, group.merged)))">\
        \(count)/\(group.merged)</td>
        """)
    }
    cells.append(
      "<td class=\"number\" data-label=\"mean score\" data-value=\"\(score.description)\">\(Self.signed(score))</td>")
    cells.append(
      """
      <td data-label="trust"><span class="trust-\(neuron.trust.overall.rawValue)">\(neuron.trust.overall.rawValue)</span></td>
      """)
    return """
      <tr data-role="\(Self.words(neuron.role.role.rawValue))" data-belongs="\(verdict?.word ?? "")">\(cells)</tr>

      """
  }

  private func tokens(_ neuron: NeuronReport) -> Markup {
    guard !neuron.tokens.isEmpty else { return "" }
    let tokens = neuron.tokens.prefix(3).enumerated().map { place, token -> Markup in
      "\(place > 0 ? ", " : "")“\(Markup.token(token.text))”"
    }
    return "<span class=\"small\">at \(tokens)</span>"
  }

  static func short(_ text: String) -> String { text.count > 120 ? text.prefix(119) + "…" : text }

  // MARK: Verdicts

  struct Verdict {
    /// What it belongs to, in a word.
    var word: String
    var style: Style

    enum Style { case first, second, none }
  }

  /// Of the first comparison; nil if the run has one group only.
  func verdict(_ neuron: NeuronReport) -> Verdict? {
    guard let (comparison, found) = neuron.specificities.first else { return nil }
    return Self.verdict(found, comparison)
  }

  static func verdict(_ found: Specificity, _ comparison: RunSpecificity.Comparison) -> Verdict {
    switch found.class {
    case .domain: Verdict(word: comparison.first, style: .first)
    case .baseline: Verdict(word: comparison.second, style: .second)
    case .general: Verdict(word: "general", style: .none)
    case .undetermined: Verdict(word: "undetermined", style: .none)
    }
  }

  static func tag(_ verdict: Verdict) -> Markup {
    switch verdict.style {
    case .first: "<span class=\"tag first\">\(verdict.word)</span>"
    case .second: "<span class=\"tag second\">\(verdict.word)</span>"
    case .none: "<span class=\"tag\">\(verdict.word)</span>"
    }
  }

  // MARK: Sinks

  var sinkTable: Markup {
    guard !sinks.all.isEmpty else { return "" }
    let rows = sinks.all.map { sink -> Markup in
      """
      <tr><th scope="row">\(sink.neuron.description)</th>\
      <td class="number" data-label="smallest share of a group">\(Self.percent(sink.smallestRate))</td>\
      <td class="number" data-label="activation, times its layer's median">\(ReadableNumber.fixed(sink.activationRatio, decimals: 0))</td>\
      <td class="number" data-label="score at position 0">\(Self.percent(sink.firstPositionShare))</td></tr>

      """
    }
    return """
      <h2 id="sinks">Sinks</h2>
      <p class="muted">In nearly every prompt whatever it is about: they store what no token needs, no score predicts their \
      removal, and they are left out of every list on this page.</p>
      <div class="wide" role="region" aria-label="Table of sinks" tabindex="0">
      <table>
      <thead><tr><th scope="col">neuron</th><th scope="col" class="number">smallest share of a group</th>\
      <th scope="col" class="number">activation, times its layer's median</th>\
      <th scope="col" class="number">score at position 0</th></tr></thead>
      <tbody>
      \(rows)</tbody>
      </table>
      </div>
      """
  }
}
