// autointerp
// `RunComparison.text` prints a comparison for a terminal: what differs besides, then neurons, then edges.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import Platform

extension RunComparison {
  /// At most 100 columns but for names and labels. `limit` is the length of each list.
  package func text(limit: Int) -> String {
    let parts = [headLines, neuronLines(limit), edgeLines(limit), unknownLines]
    return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  // MARK: Head

  private var headLines: [String] {
    var lines = [side(first), side(second)]
    if isHalves { lines.append("Control: the halves were drawn at random, so that every finding below is chance.") }
    if isPaired {
      lines += TextLines.wrapped(
        """
        Paired: the same \(first.prompts.count) prompts ran on both sides, and each is compared with itself \
        (\(SideTest.mcnemar.words)).
        """)
    }
    if !cautions.differing.isEmpty {
      lines += TextLines.wrapped("What differs: \(cautions.differing.joined(separator: "; ").harmless).")
    }
    lines += cautions.notes.flatMap { TextLines.wrapped("Note: \($0.harmless)") }
    return lines + cautions.warnings.flatMap { TextLines.wrapped("WARNING: \($0.harmless)") }
  }

  private func side(_ side: ComparisonSide) -> String {
    let specification = side.index.specification
    let run = "\(specification.name) (\(specification.modelName))".harmless
    let group = side.group.map { side.name == $0 ? "" : " of the group \($0)" } ?? ""
    return "\(side.name): \(ReadableNumber.grouped(side.prompts.count)) prompts\(group) of \(run)"
  }

  private func testLines(_ tests: Tests, _ things: String) -> [String] {
    let null = tests.null
    return TextLines.wrapped(
      """
        \(ReadableNumber.grouped(tests.findings)) of \(ReadableNumber.grouped(tests.count)) tested \(things) have q < 0.05 \
      (\(tests.test.words)); with the sides exchanged at random \(ReadableNumber.fixed(null.mean, decimals: 1)) on average, \
      at most \(null.largest) in \(null.findings.count) rounds
      """)
  }

  private func overlapText(_ overlap: Overlap, _ things: String) -> String {
    "\(things): \(ReadableNumber.grouped(overlap.both)) in both, \(ReadableNumber.grouped(overlap.onlyFirst)) only in "
      + "\(first.name), \(ReadableNumber.grouped(overlap.onlySecond)) only in \(second.name) (counts, no conclusions)"
  }

  /// What a change is called in a list's title.
  private func title(_ change: SideDifference.Change) -> String {
    switch change {
    case .lost: "Lost: in \(first.name) only"
    case .gained: "Gained: in \(second.name) only"
    case .changed: "Changed: in both, more often in one"
    case .shared: "Shared: in both, with odds that differ less than five times"
    case .undetermined: "Undetermined"
    }
  }

  private static let findings: [SideDifference.Change] = [.lost, .gained, .changed]

  // MARK: Neurons

  private func neuronLines(_ limit: Int) -> [String] {
    var lines = [overlapText(neuronOverlap, "Neurons")] + testLines(neuronTests, "neurons")
    for change in Self.findings {
      let found = neurons(change)
      guard !found.isEmpty else { continue }
      lines += ["", "\(title(change)) (\(ReadableNumber.grouped(found.count)))"] + table(Array(found.prefix(limit)))
    }
    if neuronTests.count == 0 {
      lines += ["", "Nothing could be tested: no neuron differs in enough prompts for more than chance."]
    } else if neuronTests.findings == 0 {
      lines +=
        ["", "No neuron is surely different. The likeliest:"] + table(Array(likeliestNeurons.prefix(min(limit, 8))))
    }
    let shared = neurons.count { $0.difference.change == .shared }
    return lines + [
      "",
      "\(ReadableNumber.grouped(shared)) neurons are in both alike (\(isPaired ? "the same prompts, or " : "")odds that surely differ less than five times); of "
        + "\(ReadableNumber.grouped(neurons.count { $0.difference.change == .undetermined })) nothing can be said",
    ]
  }

  private func table(_ neurons: [Neuron]) -> [String] {
    let width = max(10, first.name.columns + 2, second.name.columns + 2)
    let head =
      "  " + "neuron".leading(13) + first.name.leading(width) + second.name.leading(width) + "q".leading(9)
      + "odds (95 %)".leading(30) + "mean score"
    return [head]
      + neurons.flatMap { neuron in
        let difference = neuron.difference
        var line =
          "  " + "\(neuron.neuron)".leading(13) + Self.share(difference.table.first).leading(width)
          + Self.share(difference.table.second).leading(width)
          + (difference.test.map { ReadableNumber.scientific($0.qValue) } ?? "-").leading(9)
          + OddsText.text(difference.logOdds, first.name, second.name).leading(30)
          + "\(Self.score(neuron.firstScore)) \(Self.score(neuron.secondScore))"
        if neuron.isSink { line += "  sink" }
        guard let label = neuron.label else { return [line] }
        return [line, "    \"\(label.harmless(maximumBytes: 90))\""]
      }
  }

  private static func share(_ share: Proportion) -> String { "\(share.count)/\(share.total)" }

  private static func score(_ score: Double?) -> String {
    (score.map { ReadableNumber.fixed($0, decimals: 3, signed: true) } ?? "-").trailing(7)
  }

  // MARK: Edges

  private func edgeLines(_ limit: Int) -> [String] {
    var lines = [overlapText(edgeOverlap, "Edges")] + testLines(edgeTests, "edges")
    let own = edges.count { $0.difference?.isFinding == true && !$0.followsNeuron }
    if edgeTests.findings > 0 {
      lines += TextLines.wrapped(
        """
          \(ReadableNumber.grouped(own)) of the \(ReadableNumber.grouped(edgeTests.findings)) lie between ends that are not told \
        apart themselves; the others follow from a neuron above (marked <)
        """)
    }
    for change in Self.findings {
      let found = edges(change)
      guard !found.isEmpty else { continue }
      lines += ["", "\(title(change)) (\(ReadableNumber.grouped(found.count)))"]
      lines += found.prefix(limit).flatMap { edge in
        let q = edge.difference?.test.map { ReadableNumber.scientific($0.qValue) } ?? "-"
        return ["  \(edge.followsNeuron ? "<" : " ") \(ends(edge))", "      \(shares(edge)), q \(q), \(flows(edge))"]
      }
    }
    let strongest = edgesByFlow(limit: min(limit, 10))
    guard !strongest.isEmpty else { return lines }
    lines += ["", "Largest differences of flow in an average prompt (no test is valid: flows have heavy tails)"]
    return lines + strongest.map { "    \(ends($0)): \(flows($0)); \(shares($0))" }
  }

  private func ends(_ edge: Edge) -> String { "\(name(edge.source)) -> \(name(edge.target))" }

  private func shares(_ edge: Edge) -> String {
    "\(edge.firstPrompts)/\(first.prompts.count) and \(edge.secondPrompts)/\(second.prompts.count)"
  }

  private func flows(_ edge: Edge) -> String {
    "flow \(ReadableNumber.fixed(edge.firstFlow, decimals: 4, signed: true)) and "
      + "\(ReadableNumber.fixed(edge.secondFlow, decimals: 4, signed: true))"
  }

  private func name(_ endpoint: Endpoint) -> String {
    if let neuron = endpoint.neuron { return "\(neuron)" }
    guard let token = endpoint.token else { return "the metric" }
    return "\(endpoint.kind == .logit ? "logit" : "token") \(String(token: tokenTexts[token] ?? "#\(token)"))"
  }

  // MARK: Limits

  private var unknownLines: [String] {
    ["Not known"]
      + TextLines.wrapped(
        "  how often neurons fire: prompts count in which they were selected into the graph by their score")
      + TextLines.wrapped(
        "  whether scores differ by more than chance: means of scores and flows are shown without a test")
  }
}
