// autointerp
// The strongest paths from input tokens through neurons to the traced logits.
// SPDX-License-Identifier: Apache-2.0

/// A path embedding -> neuron -> ... -> traced logits along kept edges, and what it alone contributes to the metric.
package struct AttributionChain: Equatable, Sendable {
  /// The token position where it starts.
  package var position: Int
  /// Node numbers of the neurons on the way, at least one.
  package var neurons: [Int32]
  /// Number of the traced logit that most of it reaches, among `metric.targets`.
  package var mainTarget: Int
  /// Over all traced logits, in the unit of the metric.
  package var contribution: Double
}

extension AttributionGraph {
  /// For each token position the chain with the largest |contribution|, largest first; positions without one are left
  /// out.
  ///
  /// The linearised model is a sum over paths: a neuron passes on to each target the share `flow(v, t) / relp(v)` of
  /// what reaches it, so that the path `e, v1, ..., vn` contributes
  /// `flow(e, v1) * flow(v1, v2) / relp(v1) * ... * (sum over logits of weight * flow(vn, L)) / relp(vn)`, and all paths
  /// together sum to the metric. The division is safe: neurons are selected by |relp|. One path may exceed the metric
  /// where others cancel it.
  ///
  /// - Complexity: O(nodes + edges * log(edges))
  package func strongestChains() -> [AttributionChain] {
    // Per neuron the strongest way on; a neuron's targets have larger numbers, so they are ready when needed.
    var ways = [Way?](repeating: nil, count: neurons.count)
    var starts = [Way?](repeating: nil, count: tokens.count)
    var outgoing = [[Int]](repeating: [], count: neurons.count + tokens.count)
    for edge in 0..<edges.count { outgoing[Int(edges.source[edge])].append(edge) }
    for v in stride(from: neurons.count - 1, through: 0, by: -1) where neurons.relp[v] != 0 {
      guard var way = strongestWay(along: outgoing[v], ways, toLogits: true) else { continue }
      way.share /= Double(neurons.relp[v])
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

  /// A way on from a node.
  private struct Way {
    /// What passes along it: a share of the neuron's relp, or for an embedding a part of the metric.
    var share: Double
    /// The next neuron; nil when the logits come next.
    var next: Int32?
    var mainTarget: Int
  }

  /// The strongest way along these edges of one source, not yet divided by what the source has.
  private func strongestWay(along edges: [Int], _ ways: [Way?], toLogits: Bool) -> Way? {
    var best: Way?
    var direct = Way(share: 0, next: nil, mainTarget: 0)
    var largest = 0.0
    for edge in edges {
      let target = Int(self.edges.target[edge])
      let flow = Double(self.edges.flow[edge])
      if target < neurons.count {
        guard let way = ways[target] else { continue }
        let share = flow * way.share
        if abs(share) > abs(best?.share ?? 0) { best = Way(share: share, next: Int32(target), mainTarget: 0) }
      } else if toLogits {
        let number = target - neurons.count - tokens.count
        let part = flow * Double(metric.targets[number].weight)
        direct.share += part
        if abs(part) > largest { (largest, direct.mainTarget) = (abs(part), number) }
      }
    }
    return abs(direct.share) > abs(best?.share ?? 0) ? direct : best
  }
}
