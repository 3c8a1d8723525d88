// autointerp
// Tests the strongest chains of a graph against a walk along every path, for metrics with and without a node of their own.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct ChainTests {
  /// A random graph whose effects differ. With `hasNode`, neurons also drive the metric itself.
  private func graph(_ prompt: Int32, hasNode: Bool) -> AttributionGraph {
    var graph = Fixtures.randomDelta(prompt: prompt).graph
    graph.edges.effect = graph.edges.flow.map { $0 / 100 }
    for number in graph.metric.targets.indices { graph.metric.targets[number].weight = number == 1 ? -0.5 : 1 }
    guard hasNode else { return graph }
    graph.metric = Metric(
      kind: .logProbability, position: graph.metric.position, value: -1, linear: 2, targets: graph.metric.targets)
    let node = Int32(graph.neurons.count + graph.tokens.count + graph.metric.targets.count)
    for source in 0..<Int32(graph.neurons.count) where source % 3 != 2 {
      graph.edges.source.append(source)
      graph.edges.target.append(node)
      graph.edges.effect.append(Float(source * 7 % 5) - 1.75)
      graph.edges.flow.append(1)
    }
    return graph
  }

  /// The contributions of all paths from each token that pass at least one neuron.
  private func everyPath(_ graph: AttributionGraph) -> [[Double]] {
    let (neurons, tokens) = (graph.neurons.count, graph.tokens.count)
    func effects(of source: Int) -> [(target: Int, effect: Double)] {
      (0..<graph.edges.count).filter { Int(graph.edges.source[$0]) == source }
        .map { (Int(graph.edges.target[$0]), Double(graph.edges.effect[$0])) }
    }
    /// What one unit of a neuron's value does to the metric along each path.
    func shares(_ neuron: Int) -> [Double] {
      let value = Double(graph.neurons.activation[neuron])
      guard value != 0 else { return [] }
      var (found, direct) = ([Double](), 0.0)
      for (target, effect) in effects(of: neuron) {
        let logit = target - neurons - tokens
        if target < neurons {
          found += shares(target).map { effect * $0 / value }
        } else if logit == graph.metric.targets.count {
          direct += effect
        } else if !graph.metric.hasNode {
          direct += effect * Double(graph.metric.targets[logit].weight)
        }
      }
      return found + [direct / value]
    }
    return (0..<tokens).map { position in
      effects(of: neurons + position).filter { $0.target < neurons }
        .flatMap { edge in shares(edge.target).map { edge.effect * $0 } }
    }
  }

  @Test(arguments: [false, true]) func theStrongestChainOfEachTokenIsTheStrongestPath(hasNode: Bool) {
    var count = 0
    for prompt in 0..<40 as Range<Int32> {
      let graph = graph(prompt, hasNode: hasNode)
      let chains = graph.strongestChains()
      #expect(zip(chains, chains.dropFirst()).allSatisfy { abs($0.contribution) >= abs($1.contribution) })
      for (position, paths) in everyPath(graph).enumerated() {
        let strongest = paths.max { abs($0) < abs($1) } ?? 0
        let found = chains.first { $0.position == position }
        #expect(
          abs((found?.contribution ?? 0) - strongest) <= 1e-9 * max(1, abs(strongest)),
          "prompt \(prompt), \(position)")
        count += found == nil ? 0 : 1
      }
    }
    #expect(count > 50)
  }
}
