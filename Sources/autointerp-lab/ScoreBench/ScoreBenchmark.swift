// autointerp
// `ScoreBenchmark` times what two scores and verified nodes add to a graph, prompt by prompt.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
internal import Circuits
internal import Inference

/// Times graphs of one prompt with and without what tells how far their scores can be believed.
struct ScoreBenchmark {
  /// Seconds of one prompt, each the least of some runs that take turns.
  struct Times {
    var tokens: Int
    /// One forward pass.
    var forward: Double
    /// RelP's scores of the top five logits, and edges: a graph as it was before scores were verified.
    var plain: Double
    /// Both scores and edges, nothing verified.
    var bothRules: Double
    /// Both scores, edges, and 20 nodes beyond position 0 and 5 at it verified: what `graph` does.
    var verified: Double
    /// Both scores, edges, and a run's budget of verified nodes.
    var run: Double
    /// Both scores, edges, and every node verified.
    var all: Double
    var nodes: Int
    /// Nodes that a run's budget verifies.
    var runNodes: Int

    /// What two scores and 25 verified nodes cost, in plain graphs.
    var ratio: Double { verified / plain }
    /// What the second rule adds to a plain graph.
    var secondRule: Double { max(0, bothRules - plain) / plain }
    /// What a run's verification adds, in graphs.
    var runShare: Double { max(0, run - bothRules) / bothRules }
    var verifiedPerSecond: Double { Double(nodes) / max(1e-9, all - bothRules) }
    /// How many times faster a node is verified than by a forward pass of its own.
    var speedup: Double { verifiedPerSecond * forward }
  }

  private let relevance: RelevancePropagation<OpenBLASBackend>

  init(_ relevance: RelevancePropagation<OpenBLASBackend>) { self.relevance = relevance }

  /// Times one prompt with `nodeCount` nodes in every graph. The first round is not counted.
  func times(of tokens: [Int32], nodeCount: Int, runs: Int) throws -> Times {
    var both = AttributionSettings()
    both.selection = .top(nodeCount)
    both.verification = .none
    var plain = both
    plain.metric = .topLogits(count: 5)
    plain.rule = .relp
    func verifying(_ plan: VerificationPlan) -> AttributionSettings {
      var settings = both
      settings.verification = plan
      return settings
    }
    let variants: [(settings: AttributionSettings, rules: ComputedRules)] = [
      (plain, .chosen), (both, .both), (verifying(.standard), .both),
      (verifying(AttributionSettings().verification), .both), (verifying(.all), .both),
    ]
    let clock = ContinuousClock()
    var least = [Double](repeating: .infinity, count: variants.count + 1)
    var (nodes, runNodes) = (0, 0)
    for round in 0...max(1, runs) {
      for (i, variant) in variants.enumerated() {
        var graph: AttributionGraph?
        let time = try clock.measure {
          graph = try relevance.graph(of: tokens, settings: variant.settings, rules: variant.rules)
        }
        if round > 0 { least[i] = min(least[i], time / .seconds(1)) }
        if i == 3 { runNodes = graph?.verified.count ?? 0 }
        if i == 4 { nodes = graph?.verified.count ?? 0 }
      }
      let time = try clock.measure { _ = try relevance.transformer.forward(tokens, on: relevance.backend) }
      if round > 0 { least[variants.count] = min(least[variants.count], time / .seconds(1)) }
    }
    return Times(
      tokens: tokens.count, forward: least[5], plain: least[0], bothRules: least[1], verified: least[2],
      run: least[3], all: least[4], nodes: nodes, runNodes: runNodes)
  }
}
