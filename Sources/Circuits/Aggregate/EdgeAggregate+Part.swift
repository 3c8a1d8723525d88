// autointerp
// `AggregatePart` holds what a run's aggregate says about a few neurons, and makes a small `EdgeAggregate` of it.
// SPDX-License-Identifier: Apache-2.0

/// A part of an aggregate that was read from tables: some neurons with all their edges, and the prompts they are in.
package struct AggregatePart: Sendable {
  /// The numbers of merged prompts of the whole run.
  package var domainPrompts = 0
  package var baselinePrompts = 0
  package var otherPrompts = 0
  package var neurons: [(neuron: NeuronID, statistics: NeuronStatistics)] = []
  package var edges: [(source: Endpoint, target: Endpoint, statistics: EdgeStatistics)] = []
  /// All neurons of each prompt, for co-occurrences.
  package var neuronsOfPrompts: [Int32: [NeuronID]] = [:]
  package var vocabulary: [TokenText] = []
  /// The random samples of all prompts of the run, by which scores are judged.
  package var samples: [Int32: [VerifiedSample]] = [:]

  package init() {}
}

extension EdgeAggregate {
  /// An aggregate whose answers about the neurons of `part` are those of the whole. It must not be merged with others,
  /// and it knows nothing else of the run than its numbers of prompts.
  package init(_ part: AggregatePart) {
    self.init()
    for (neuron, statistics) in part.neurons {
      neurons[Int(number(of: .neuron(neuron)))] = statistics
      neuronCount += 1
    }
    edges.reserve(additional: part.edges.count)
    for edge in part.edges {
      edges.record(
        EdgeTable.key(source: number(of: edge.source), target: number(of: edge.target)), edge.statistics)
    }
    for prompt in Set(part.neuronsOfPrompts.keys).union(part.samples.keys) {
      prompts[prompt] = PromptEntry(
        record: PromptRecord(number: prompt),
        neurons: (part.neuronsOfPrompts[prompt] ?? []).map { number(of: .neuron($0)) }.sorted(),
        samples: part.samples[prompt] ?? [])
    }
    for token in part.vocabulary { vocabulary[token.id] = token.text }
    totals.domainPrompts = part.domainPrompts
    totals.baselinePrompts = part.baselinePrompts
    totals.otherPrompts = part.otherPrompts
  }
}

extension PromptRecord {
  fileprivate init(number: Int32) {
    prompt = number
    origin = .domain
    tokenCount = 0
    nodeCount = 0
    edgeCount = 0
    verifiedCount = 0
    counts = GraphCounts(
      candidateNeurons: 0, candidateEdges: 0, truncated: false, keptScoreShare: 1, keptFlowShare: 1)
    conservation = ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0)
  }
}

extension EdgeStatistics {
  /// Reads statistics back from the values that this type gives. The values stay the same.
  package init(
    domainPrompts: UInt32, baselinePrompts: UInt32, otherPrompts: UInt32, occurrences: UInt64, sum: Double,
    absoluteSum: Double, squareSum: Double, minimum: Double, maximum: Double
  ) {
    self.domainPrompts = domainPrompts
    self.baselinePrompts = baselinePrompts
    self.otherPrompts = otherPrompts
    self.occurrences = occurrences
    minimumNumber = Int64(FixedPoint.number(of: minimum))
    maximumNumber = Int64(FixedPoint.number(of: maximum))
    sumNumber = FixedPoint.number(of: sum)
    absoluteSumNumber = FixedPoint.number(of: absoluteSum)
    squareSumNumber = FixedPoint.number(ofSquare: squareSum)
  }
}

extension FixedPoint {
  /// The number whose `value` is `value`; the products are exact, because the scales are powers of two.
  fileprivate static func number(of value: Double) -> Int128 { Int128((value * 0x1p32).rounded()) }
  fileprivate static func number(ofSquare value: Double) -> Int128 { Int128((value * 0x1p40).rounded()) }
}
