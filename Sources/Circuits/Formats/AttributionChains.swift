// autointerp
// The strongest paths from an input token through neurons to a traced logit.
// SPDX-License-Identifier: Apache-2.0

/// A path embedding -> neuron -> ... -> logit along kept edges, and what it alone contributes to the metric.
package struct AttributionChain: Equatable, Sendable {
  /// Node numbers, from the embedding to the logit; at least one neuron between.
  package var nodes: [Int32]
  /// In the unit of the metric.
  package var contribution: Double
}

extension AttributionGraph {
  /// The chains with the largest |contribution|, largest first.
  ///
  /// The linearised model is a sum over paths: a neuron passes on to each target the share `flow(v, t) / relp(v)` of
  /// what reaches it, so that the contribution of `e, v1, ..., vn, L` is
  /// `flow(e, v1) * flow(v1, v2) / relp(v1) * ... * weight(L) * flow(vn, L) / relp(vn)`, and all paths together sum to
  /// the metric. The division is safe: neurons are selected by |relp|. Single contributions may exceed the metric where
  /// others cancel them.
  ///
  /// - Complexity: O(edges * limit)
  package func strongestChains(limit: Int) -> [AttributionChain] {
    guard limit > 0 else { return [] }
    // Edges by source; a neuron's targets have larger numbers, so suffixes are ready when they are needed.
    var outgoing = [[Int]](repeating: [], count: neurons.count + tokens.count)
    for edge in 0..<edges.count { outgoing[Int(edges.source[edge])].append(edge) }
    var suffixes = [[Suffix]](repeating: [], count: neurons.count)
    for v in stride(from: neurons.count - 1, through: 0, by: -1) where neurons.relp[v] != 0 {
      suffixes[v] = best(of: outgoing[v], suffixes, logits: true, limit: limit).map {
        Suffix(share: $0.share / Double(neurons.relp[v]), next: $0.next, rank: $0.rank)
      }
    }
    var chains: [AttributionChain] = []
    for position in tokens.indices {
      let start = neurons.count + position
      for first in best(of: outgoing[start], suffixes, logits: false, limit: limit) {
        var nodes = [Int32(start)]
        var step = first
        while true {
          nodes.append(step.next)
          guard Int(step.next) < neurons.count else { break }
          step = suffixes[Int(step.next)][step.rank]
        }
        chains.append(AttributionChain(nodes: nodes, contribution: first.share))
      }
    }
    chains.sort { a, b in
      let (x, y) = (abs(a.contribution), abs(b.contribution))
      return x != y ? x > y : a.nodes.lexicographicallyPrecedes(b.nodes)
    }
    return Array(chains.prefix(limit))
  }

  /// One way on from a node.
  private struct Suffix {
    /// What passes along it: a share of the node's relp, or for an embedding a part of the metric.
    var share: Double
    var next: Int32
    /// Which of the next node's suffixes follows.
    var rank: Int
  }

  /// The strongest ways along these edges, not yet divided by what the source has.
  private func best(of edges: [Int], _ suffixes: [[Suffix]], logits: Bool, limit: Int) -> [Suffix] {
    var found: [Suffix] = []
    for edge in edges {
      let target = Int(self.edges.target[edge])
      let flow = Double(self.edges.flow[edge])
      if target < neurons.count {
        for (rank, suffix) in suffixes[target].enumerated() {
          found.append(Suffix(share: flow * suffix.share, next: Int32(target), rank: rank))
        }
      } else if logits {
        let weight = Double(metric.targets[target - neurons.count - tokens.count].weight)
        found.append(Suffix(share: flow * weight, next: Int32(target), rank: 0))
      }
    }
    found.sort { a, b in
      abs(a.share) != abs(b.share) ? abs(a.share) > abs(b.share) : (a.next, a.rank) < (b.next, b.rank)
    }
    return Array(found.prefix(limit))
  }
}
