// autointerp
// `ChainSearch` finds the strongest ways through a graph of shares; `FlowChain` holds one with its edges and prompts.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// A chain of edges. Its strength is the product, over its edges, of the share that the edge has in all |flow| into its
/// target: how much of what reaches the end came this way, if shares of the whole run are taken for those of each prompt.
package struct FlowChain: Equatable, Sendable {
  package var nodes: [NamedEnd]
  /// Between neighbours of `nodes`.
  package var edges: [EdgeRow]
  /// The share of each edge in the |flow| into its target.
  package var shares: [Double]
  /// Merged prompts in which all neurons of the chain were selected.
  package var commonPrompts: Int

  package var strength: Double { shares.reduce(1, *) }
}

/// The strongest chains, and what the search left out.
package struct FlowChains: Equatable, Sendable {
  /// The strongest first.
  package var chains: [FlowChain]
  /// Sinks that chains could have gone through if they were not avoided.
  package var sinksLeftOut: Int
}

/// Searches the strongest ways through a layered graph of shares.
///
/// Edges only go up the layers. The search goes down from the targets, one layer after the other. A way is given up only if
/// as many other ways from the same node with equally many edges are at least as strong: a stronger way with more edges
/// must not replace one that still has room to grow. The result is therefore that of a search through all ways.
struct ChainSearch {
  /// From a node to a target.
  struct Way: Equatable {
    var strength: Double
    var nodes: [Endpoint]
  }

  let sources: Set<Endpoint>
  let targets: Set<Endpoint>
  /// The most edges of a way.
  let longest: Int
  /// How many ways are wanted.
  let limit: Int
  /// Neurons that are no inner nodes.
  let avoided: Set<NeuronID>
  /// The edges into a node with their shares in its |flow|, the largest share first.
  let incoming: (Endpoint) throws -> [(source: Endpoint, share: Double)]

  /// The strongest ways whose edges have at least the share `smallestShare` and that are at least as strong as `weakest`,
  /// the strongest first, and the avoided neurons that were met.
  func ways(smallestShare: Double, weakest: Double = 0) throws -> (ways: [Way], avoided: Set<NeuronID>) {
    // Nodes wait by layer; tokens come last, and outputs first. For each number of edges a node has its own ways.
    var waiting: [Int32: [Endpoint: [Int: [Way]]]] = [:]
    for target in targets {
      waiting[Self.layer(of: target), default: [:]][target] = [0: [Way(strength: 1, nodes: [target])]]
    }
    let lowest = sources.map(Self.layer).min() ?? 0
    var (found, met): ([Way], Set<NeuronID>) = ([], [])
    while let top = waiting.keys.max() {
      for (node, ways) in (waiting.removeValue(forKey: top) ?? [:]).sorted(by: { $0.key < $1.key }) {
        if sources.contains(node), !targets.contains(node) { found += ways.values.joined() }
        let open = ways.filter { $0.key < longest }
        guard top > lowest, !open.isEmpty else { continue }
        for (source, share) in try incoming(node) {
          guard share >= smallestShare else { break }
          guard Self.layer(of: source) >= lowest else { continue }
          if !sources.contains(source) {
            guard let neuron = source.neuron else { continue }
            if avoided.contains(neuron) {
              met.insert(neuron)
              continue
            }
          }
          for (edgeCount, ways) in open {
            var kept = waiting[Self.layer(of: source)]?[source]?[edgeCount + 1] ?? []
            kept += ways.compactMap { way in
              let strength = way.strength * share
              return strength >= weakest ? Way(strength: strength, nodes: [source] + way.nodes) : nil
            }
            guard !kept.isEmpty else { continue }
            waiting[Self.layer(of: source), default: [:]][source, default: [:]][edgeCount + 1] = strongest(kept)
          }
        }
      }
    }
    return (strongest(found), met)
  }

  private func strongest(_ ways: [Way]) -> [Way] {
    Array(
      ways.sorted { a, b in
        a.strength != b.strength ? a.strength > b.strength : a.nodes.lexicographicallyPrecedes(b.nodes)
      }.prefix(limit))
  }

  private static func layer(of endpoint: Endpoint) -> Int32 {
    switch endpoint.kind {
    case .neuron: endpoint.neuron?.layer ?? 0
    case .embedding: -1
    case .logit, .metric: .max
    }
  }
}
