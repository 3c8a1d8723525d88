// autointerp
// `AttributionGraph.strongestChains` finds the strongest paths from an input token through neurons to the logits.
// SPDX-License-Identifier: Apache-2.0

/// A path embedding -> neuron -> ... -> traced logits along kept edges, and what this path alone adds to the metric.
package struct AttributionChain: Equatable, Sendable {
  /// The token position where it starts.
  package var position: Int
  /// The node numbers of the neurons on the path, at least one.
  package var neurons: [Int32]
  /// The index, in `metric.targets`, of the traced logit that most of it reaches.
  package var mainTarget: Int
  /// The contribution to all traced logits together, in the unit of the metric.
  package var contribution: Double
}

extension AttributionGraph {
  /// Finds, for each token position, the chain with the largest |contribution|. The largest comes first; positions
  /// without a chain are left out.
  ///
  /// RelP's linear model is a sum over paths: of what reaches a neuron of value `v`, each target gets the part
  /// `effect(v, t) / v`, so that the path `e, v1, ..., vn` contributes
  /// `effect(e, v1) * effect(v1, v2) / v1 * ... * (effect of vn on the metric) / vn`, and all paths together sum to the
  /// metric's linear part. The effect on the metric is that on its node, or the weighted sum over the logits. A neuron
  /// with a score has a value. One path may exceed the metric where others cancel it.
  ///
  /// - Complexity: O(nodes + edges * log(edges))
  package func strongestChains() -> [AttributionChain] {
    // The strongest continuation of each neuron. Targets have larger numbers, so theirs is known when it is needed.
    var ways = [Way?](repeating: nil, count: neurons.count)
    var starts = [Way?](repeating: nil, count: tokens.count)
    var outgoing = [[Int]](repeating: [], count: neurons.count + tokens.count)
    for edge in 0..<edges.count { outgoing[Int(edges.source[edge])].append(edge) }
    for v in stride(from: neurons.count - 1, through: 0, by: -1) where neurons.activation[v] != 0 {
      guard var way = strongestWay(along: outgoing[v], ways, toLogits: true) else { continue }
      way.share /= Double(neurons.activation[v])
      ways[v] = way
    }
    for position in tokens.indices {
      starts[position] = strongestWay(along: outgoing[neurons.count + position], ways, toLogits: false)
    }

    var chains: [AttributionChain] = []
    for (position, start) in starts.enumerated() {
      guard var way = start else { continue }
      var chain = AttributionChain(position: position, neurons: [], mainTarget: 0, contribution: way.share)
      while let next = way.next, let following = ways[Int(next)] {
        chain.neurons.append(next)
        way = following
      }
      chain.mainTarget = way.mainTarget
      chains.append(chain)
    }
    return chains.sorted { a, b in
      let (x, y) = (abs(a.contribution), abs(b.contribution))
      return x != y ? x > y : a.position < b.position
    }
  }

  /// The continuation of a path from a node.
  private struct Way {
    /// What passes along it: a part of the metric, divided by the value for a neuron.
    var share: Double
    /// The next neuron; nil if the logits come next.
    var next: Int32?
    var mainTarget: Int
  }

  /// Finds the strongest continuation along these edges of one source, not yet divided by the source's value.
  private func strongestWay(along edges: [Int], _ ways: [Way?], toLogits: Bool) -> Way? {
    var best: Way?
    var direct = Way(share: 0, next: nil, mainTarget: 0)
    var largest = 0.0
    for edge in edges {
      let target = Int(self.edges.target[edge])
      let effect = Double(self.edges.effect[edge])
      if target < neurons.count {
        guard let way = ways[target] else { continue }
        let share = effect * way.share
        if abs(share) > abs(best?.share ?? 0) { best = Way(share: share, next: Int32(target), mainTarget: 0) }
      } else if toLogits {
        let number = target - neurons.count - tokens.count
        if number == metric.targets.count {
          direct.share += effect
          continue
        }
        let part = effect * Double(metric.targets[number].weight)
        if !metric.hasNode { direct.share += part }
        if abs(part) > largest { (largest, direct.mainTarget) = (abs(part), number) }
      }
    }
    return abs(direct.share) > abs(best?.share ?? 0) ? direct : best
  }
}
