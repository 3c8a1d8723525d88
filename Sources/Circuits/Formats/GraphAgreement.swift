// autointerp
// `GraphAgreement` compares a graph's scores with the measured effects of its verified nodes.
// SPDX-License-Identifier: Apache-2.0

/// How the scores of one graph agree with its verified nodes. These are mostly the strongest nodes, so the result tells
/// how far the top of the list can be trusted, and nothing about a random node.
package struct GraphAgreement: Sendable {
  package var later: ScoreAgreement
  /// Beyond position 0 without sinks.
  package var ordinary: ScoreAgreement
  package var first: ScoreAgreement

  /// Fewer verified nodes than this allow no statement.
  private static let leastNodes = 5
  private static let leastCorrelation = 0.8
  private static let leastSignAgreement = 0.9
  private static let leastWithinQuarter = 0.3

  package init?(_ graph: AttributionGraph) {
    let verified = graph.verified
    guard !verified.zero.isEmpty else { return nil }
    func agreement(where isChosen: (Int) -> Bool) -> ScoreAgreement {
      let chosen = verified.neuron.indices.filter { isChosen(Int(verified.neuron[$0])) }
      return ScoreAgreement([chosen.map { (graph.score(ofNeuron: Int(verified.neuron[$0])), -verified.zero[$0]) }])
    }
    later = agreement { graph.neurons.position[$0] > 0 }
    ordinary = agreement { graph.neurons.position[$0] > 0 && !graph.isSink($0) }
    first = agreement { graph.neurons.position[$0] == 0 }
  }

  /// True if scores beyond position 0 predict so badly that only verified effects should be read.
  package var isPoor: Bool { Self.isPoor(later) }

  /// True if that is so without sinks too.
  package var isPoorWithoutSinks: Bool { Self.isPoor(ordinary) }

  private static func isPoor(_ agreement: ScoreAgreement) -> Bool {
    guard agreement.nodes >= leastNodes else { return false }
    return (agreement.correlation?.value ?? 1) < leastCorrelation
      || (agreement.signAgreement?.value ?? 1) < leastSignAgreement
      || (agreement.withinQuarter?.value ?? 1) < leastWithinQuarter
  }
}
