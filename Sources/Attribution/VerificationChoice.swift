// autointerp
// `VerificationChoice` decides which nodes of a graph are verified, from the graph alone.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform

/// The nodes to verify, and why each is among them.
struct VerificationChoice {
  /// The numbers of the neurons, ascending.
  private(set) var neurons: [Int] = []
  /// See `VerifiedNodes.reason`.
  private(set) var reasons: [Int32] = []

  private static let strongReason: Int32 = 1
  private static let sampleReason: Int32 = 2
  /// The part of a budget that goes to the strongest nodes.
  private static let strongPart = 4
  private static let mostStrong = 5

  /// - Parameters:
  ///   - plan: what is asked for.
  ///   - graph: whose nodes.
  ///   - cost: of verifying neuron `i`, in row-layers.
  init(_ plan: VerificationPlan, graph: AttributionGraph, cost: (Int) -> Int) {
    let ranked = (0..<graph.neurons.count).sorted { a, b in
      let (x, y) = (abs(graph.score(ofNeuron: a)), abs(graph.score(ofNeuron: b)))
      return x == y ? a < b : x > y
    }
    var chosen: [Int: Int32] = [:]
    switch plan {
    case .none: break
    case .all: for i in ranked { chosen[i] = Self.strongReason }
    case .count(let count): for i in ranked.prefix(count) { chosen[i] = Self.strongReason }
    case .strongest(let later, let first):
      let (atFirst, beyond) = (
        ranked.filter { graph.neurons.position[$0] == 0 }, ranked.filter { graph.neurons.position[$0] > 0 }
      )
      for i in beyond.prefix(later) + atFirst.prefix(first) { chosen[i] = Self.strongReason }
    case .budget(let rowLayers):
      var left = rowLayers / Self.strongPart
      for i in ranked.prefix(Self.mostStrong) where cost(i) <= left {
        left -= cost(i)
        chosen[i] = Self.strongReason
      }
      for i in Self.sample(of: graph, rowLayers: rowLayers - rowLayers / Self.strongPart, cost: cost) {
        chosen[i, default: 0] |= Self.sampleReason
      }
    }
    for (neuron, reason) in chosen.sorted(by: { $0.key < $1.key }) {
      neurons.append(neuron)
      reasons.append(reason)
    }
  }

  /// Draws a random sample without a preference for cheap nodes. The mean cost decides how many, and a generator that
  /// is seeded by the prompt's tokens decides which.
  private static func sample(of graph: AttributionGraph, rowLayers: Int, cost: (Int) -> Int) -> ArraySlice<Int> {
    let count = graph.neurons.count
    guard count > 0, rowLayers > 0 else { return [] }
    let whole = (0..<count).reduce(0) { $0 + cost($1) }
    let size = min(count, max(1, count * rowLayers / max(1, whole)))
    var generator = SplitMix64(tokens: graph.tokens)
    return generator.shuffled(Array(0..<count))[..<size]
  }
}

extension SplitMix64 {
  /// Seeded by a prompt's tokens (FNV-1a).
  fileprivate init(tokens: [Int32]) {
    self.init(seed: tokens.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64(UInt32(bitPattern: $1))) &* 0x100_0000_01B3 })
  }
}
