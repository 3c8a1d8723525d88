// autointerp
// `ReadableTextTests` tests the texts that people read: graphs, the summary of a run, numbers and tokens.
// SPDX-License-Identifier: Apache-2.0

import Platform
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

  @Test func everyLineFitsATerminalAndCannotHarmIt() throws {
    for prompt in 0..<20 {
      let graph = Fixtures.randomDelta(prompt: Int32(prompt)).graph
      let text = GraphExport(graph, labels: labels([3: String(repeating: "日本語\u{7}", count: 30)])).text()
      let lines = text.split(separator: "\n")
      #expect(lines.allSatisfy { $0.columns <= 100 && String($0) == String($0).harmless })
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

  /// Worked out by hand from effects and values: E_7@1 -> L0/N3@1 -> L_9 passes 1 * 2 / 2, which is more than by way of
  /// L2/N1@2, 1 * 0.25 / 2 * -1.5 / 0.5; E_5@0 has 0.5 * 2 / 2, and E_5@2 has -0.75 * 0.5 / -1 * -1.5 / 0.5.
  @Test func chainsAreTheStrongestPathsOfEachToken() throws {
    let chains = Fixtures.delta().graph.strongestChains()
    #expect(chains.map(\.position) == [2, 1, 0])
    #expect(chains.map(\.neurons) == [[1, 2], [0], [0]])
    #expect(chains.map(\.mainTarget) == [0, 1, 1])
    for (chain, expected) in zip(chains, [-1.125, 1, 0.5]) {
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
    graph.edges.effect = [1, 4, 4]
    graph.metric.targets[1].weight = -1
    #expect(graph.strongestChains().isEmpty)
  }

  @Test func aRunReadsAsExpected() throws {
    var deltas = (0..<6).map { Fixtures.delta(prompt: $0) }
    // The baseline prompts have only L0/N3.
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
    var specification = Fixtures.specification(domain: 7, baseline: 6)
    specification.settings.rule = .relp
    let summary = RunSummary(
      aggregate: try Fixtures.aggregate(of: deltas), specification: specification, seconds: 75, quarantined: 1)
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
    #expect(ReadableNumber.fixed(value, decimals: decimals) == text)
  }

  private static let scientific: [(value: Double, text: String)] = [
    (0, "0"), (3.14e-7, "3.1e-07"), (9.99e-5, "1.0e-04"), (1, "1.0e+00"), (-250, "-2.5e+02"),
  ]

  @Test(arguments: scientific)
  func smallNumbersAreScientific(value: Double, text: String) {
    #expect(ReadableNumber.scientific(value) == text)
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
  func thousandsAreGrouped(number: Int, text: String) {
    #expect(ReadableNumber.grouped(number) == text)
  }

  @Test(arguments: [
    (" Paris", "\" Paris\""), ("\n", "\"\\n\""), ("a\"\\b", "\"a\\\"\\\\b\""), ("é", "\"é\""),
    ("中国", "\"中国\""), ("\u{1b}[2J", "\"\\u{1b}[2J\""), ("\u{202e}a", "\"\\u{202e}a\""),
    ("一二三四五六七八九十十一十二", "\"一二三四五六七八九十..\""),
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
      neurons kept: 3 of 4 selected, with 90.0 % of the |score| of all neurons
      edges kept: 8 of 20, with 80.0 % of the |flow|
      trust: unknown, because it needs both rules and only relp was computed

    Strongest neurons (score by the rule relp; zero: the metric's change without it; edges: flow)
      neuron           at  token                 activation       score        zero  trust
      L0/N3            @1  "\n"                       2.000      +3.000           -  uncalibrated
          from "\n"@1 +2.00, " a"@0 +1.00
          to   logit " \"b\"" +4.00, L2/N1@2 +0.50
      L0/N3            @2  " a"                      -1.000      -2.000           -  uncalibrated
          from " a"@2 -1.50, " a"@0 +0.25
          to   L2/N1@2 +1.00
      L2/N1            @2  " a"                       0.500      -2.000           -  uncalibrated
          from L0/N3@2 +1.00, L0/N3@1 +0.50
          to   logit "\n" -3.00

    Strongest chain from each token (what passes along exactly this path to the metric)
       -11.25 %  " a"@2 -> L0/N3@2 -> L2/N1@2 -> logit "\n", ..
       +10.00 %  "\n"@1 -> L0/N3@1 -> logit " \"b\"", ..
        +5.00 %  " a"@0 -> L0/N3@1 -> logit " \"b\"", ..

    """#

  private static let summaryText = #"""
    medical on tiny: 12 of 13 prompts (6 domain, 6 baseline) in 1 min 15 s
      2 neurons and 5 edges, from 24 and 48 occurrences in 36 tokens
      WARNING: 1 prompt quarantined; not in these numbers
      worst conservation residual 3.0e-06; least kept |flow| of a prompt 80.0 %
      metric logprob; scores by the rule relp

    Top domain neurons (z: log odds of domain against baseline over their standard error)
      L2/N1        domain 6/6        baseline 0/6        z +2.5   relp -2.00 a prompt
          driven by L0/N3 +1.50 (100 %)
          drives    logit "\n" -3.00 (100 %)

    """#
}
