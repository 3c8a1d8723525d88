// autointerp
// What people read: the text of a graph, the summary of a run, numbers and tokens.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct ReadableTextTests {
  private func labels(_ texts: [Int32: String]) -> GraphLabels {
    GraphLabels(
      modelName: "tiny", layerCount: 4, prompt: "", settings: AttributionSettings(), tokenText: { texts[$0] })
  }

  @Test func aGraphReadsAsExpected() {
    let export = GraphExport(Fixtures.delta().graph, labels: labels([5: " a", 7: "\n", 9: " \"b\""]))
    #expect(export.text() == Self.graphText)
  }

  @Test func everyLineFitsAndIsASCII() throws {
    for prompt in 0..<20 {
      let graph = Fixtures.randomDelta(prompt: Int32(prompt)).graph
      let text = GraphExport(graph, labels: labels([3: String(repeating: "日本語\u{7}", count: 30)])).text()
      #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 100 })
      #expect(text.utf8.allSatisfy { $0 == 0x0A || (0x20..<0x7F).contains($0) })
    }
  }

  @Test func brokenConservationAndTruncationAreCalledOut() {
    var graph = Fixtures.delta().graph
    #expect(!GraphExport(graph, labels: labels([:])).text().contains("WARNING"))
    graph.conservation.directEffects = 0.01
    graph.counts.truncated = true
    let text = GraphExport(graph, labels: labels([:])).text()
    #expect(text.contains("WARNING: direct effects"))
    #expect(text.contains("WARNING: truncated"))
  }

  /// Worked out by hand: E_7@1 -> L0/N3@1 -> L_9 passes 2 * 4 / 3, E_7@1 -> L0/N3@1 -> L2/N1@2 -> L_7 passes
  /// 2 * 0.5 / 3 * -3 / -2; E_5@0 has 1 * 4 / 3, and E_5@2 only -1.5 * 1 / -2 * -3 / -2.
  @Test func chainsAreTheStrongestPathsOfEachToken() throws {
    let chains = Fixtures.delta().graph.strongestChains()
    #expect(chains.map(\.position) == [1, 0, 2])
    #expect(chains.map(\.neurons) == [[0], [0], [1, 2]])
    #expect(chains.map(\.mainTarget) == [1, 1, 0])
    for (chain, expected) in zip(chains, [8.0 / 3, 4.0 / 3, 1.125]) {
      // Three roundings of a Double.
      #expect(abs(chain.contribution - expected) < 1e-14)
    }
  }

  @Test func logitsThatCancelInAContrastDoNotCount() {
    var graph = Fixtures.delta().graph
    // L0/N3@1 raises both logits by the same amount.
    graph.edges.source = [3, 0, 0]
    graph.edges.target = [0, 6, 7]
    graph.edges.flow = [1, 4, 4]
    graph.metric.targets[1].weight = -1
    #expect(graph.strongestChains().isEmpty)
  }

  @Test func aRunReadsAsExpected() throws {
    var deltas = (0..<6).map { Fixtures.delta(prompt: $0) }
    // The baseline prompts only have L0/N3.
    for prompt in Int32(6)..<12 {
      var delta = Fixtures.delta(prompt: prompt, origin: .baseline)
      delta.graph.neurons = NeuronColumns()
      delta.graph.neurons.layer = [0]
      delta.graph.neurons.index = [3]
      delta.graph.neurons.position = [1]
      delta.graph.neurons.activation = [1]
      delta.graph.neurons.gradient = [1]
      delta.graph.neurons.relp = [1]
      delta.graph.edges = EdgeColumns()
      deltas.append(delta)
    }
    let summary = RunSummary(
      aggregate: try Fixtures.aggregate(of: deltas), specification: Fixtures.specification(domain: 7, baseline: 6),
      seconds: 75, quarantined: 1)
    #expect(summary.text() == Self.summaryText)
  }

  @Test func withoutABaselineNothingIsCalledSpecific() throws {
    let aggregate = try Fixtures.aggregate(of: (0..<5).map { Fixtures.delta(prompt: $0) })
    let text = RunSummary(
      aggregate: aggregate, specification: Fixtures.specification(domain: 5, baseline: 0), seconds: nil
    ).text()
    #expect(text.contains("only one origin"))
    #expect(!text.contains("Top domain neurons"))
  }

  @Test func anEmptyRunHasASummary() {
    let text = RunSummary(
      aggregate: EdgeAggregate(), specification: Fixtures.specification(domain: 1, baseline: 1), seconds: 0
    ).text()
    #expect(text.contains("0 of 2 prompts"))
    #expect(text.contains("No neurons"))
  }

  private static let numbers: [(value: Double, decimals: Int, text: String)] = [
    (0, 2, "0.00"), (1.005, 1, "1.0"), (-0.25, 1, "-0.3"), (-0.001, 2, "0.00"), (12.999, 2, "13.00"), (7, 0, "7"),
    (3.05, 2, "3.05"), (-12_345.678, 2, "-12345.68"),
  ]

  @Test(arguments: numbers)
  func numbersHaveFixedDecimals(value: Double, decimals: Int, text: String) {
    #expect(String(fixed: value, decimals: decimals) == text)
  }

  private static let scientific: [(value: Double, text: String)] = [
    (0, "0"), (3.14e-7, "3.1e-07"), (9.99e-5, "1.0e-04"), (1, "1.0e+00"), (-250, "-2.5e+02"),
  ]

  @Test(arguments: scientific)
  func smallNumbersAreScientific(value: Double, text: String) {
    #expect(String(scientific: value) == text)
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
  func thousandsAreGrouped(number: Int, text: String) {
    #expect(String(grouped: number) == text)
  }

  @Test(arguments: [
    (" Paris", "\" Paris\""), ("\n", "\"\\n\""), ("a\"\\b", "\"a\\\"\\\\b\""), ("é", "\"\\u{e9}\""),
    ("\u{1b}[2J", "\"\\u{1b}[2J\""),
    ("abcdefghijklmnopqrstuvwxyz", "\"abcdefghijklmnopqrst..\""),
  ])
  func tokensAreSafeForATerminal(text: String, shown: String) {
    #expect(String(token: text) == shown)
  }

  private static let durations: [(seconds: Double, text: String)] = [
    (0.25, "0.3 s"), (59.94, "59.9 s"), (75, "1 min 15 s"), (7261, "2 h 1 min"),
  ]

  @Test(arguments: durations)
  func durationsAreReadable(seconds: Double, text: String) {
    #expect(RunSummary.duration(seconds) == text)
  }

  private static let graphText = #"""
    tiny: 3 tokens, 3 neurons, 8 edges

    Tokens (position:text #id)
      0:" a" #5  1:"\n" #7  2:" a" #5

    Predictions after position 2; metric = sum of the top 2 logits = 10.0000
      token                            id       logit   probability   weight
      "\n"                             #7      6.0000       75.00 %       +1
      " \"b\""                         #9      4.0000       12.50 %       +1

    Checks
      conservation residuals: node total 1.0e-06, layer cuts 2.0e-06, direct effects 3.0e-06
      neurons kept: 3 of 4 over tau, with 90.0 % of their |relp|
      edges kept: 8 of 20, with 80.0 % of the |flow|

    Strongest neurons (relp: total effect on the metric; edges: direct flow)
      neuron           at  token                       activation        relp   of metric
      L0/N3            @1  "\n"                             2.000      +3.000    +30.00 %
          from "\n"@1 +2.00, " a"@0 +1.00
          to   logit " \"b\"" +4.00, L2/N1@2 +0.50
      L0/N3            @2  " a"                            -1.000      -2.000    -20.00 %
          from " a"@2 -1.50, " a"@0 +0.25
          to   L2/N1@2 +1.00
      L2/N1            @2  " a"                             0.500      -2.000    -20.00 %
          from L0/N3@2 +1.00, L0/N3@1 +0.50
          to   logit "\n" -3.00

    Strongest chain from each token (what passes along exactly this path to the metric)
       +26.67 %  "\n"@1 -> L0/N3@1 -> logit " \"b\"", ..
       +13.33 %  " a"@0 -> L0/N3@1 -> logit " \"b\"", ..
       +11.25 %  " a"@2 -> L0/N3@2 -> L2/N1@2 -> logit "\n", ..

    """#

  private static let summaryText = #"""
    medical on tiny: 12 of 13 prompts (6 domain, 6 baseline) in 1 min 15 s
      2 neurons and 5 edges, from 24 and 48 occurrences in 36 tokens
      WARNING: 1 prompt quarantined; not in these numbers
      worst conservation residual 3.0e-06; least kept |flow| of a prompt 80.0 %

    Top domain neurons (z: log odds of domain against baseline over their standard error)
      L2/N1        domain 6/6        baseline 0/6        z +2.5   relp -2.00 a prompt
          driven by L0/N3 +1.50 (100 %)
          drives    logit "\n" -3.00 (100 %)

    """#
}
