// autointerp
// `ComparedContents` counts in which prompts of two sides every neuron and every edge is.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import RunIndex

/// The neurons and edges of two sides. A place is a prompt of a side: those of the first come first.
struct ComparedContents {
  struct EdgeKey: Hashable {
    var source: Endpoint
    var target: Endpoint
  }

  /// What both sides have of something: the first side's number, then the second's.
  typealias Sides<Value: SIMDScalar> = SIMD2<Value>

  private(set) var neurons: [NeuronID] = []
  /// `[neurons]`: where each is, without repetition.
  private(set) var neuronPlaces: [[UInt32]] = []
  /// `[neurons]`: the sum of its scores by the run's rule, over all positions.
  private(set) var scoreSums: [Sides<Double>] = []
  private(set) var edges: [EdgeKey] = []
  /// `[edges]`: in how many prompts of each side.
  private(set) var edgePrompts: [Sides<Int32>] = []
  /// `[edges]`: the sum of its flow over the prompts of each side.
  private(set) var flowSums: [Sides<Double>] = []

  private let firstCount: Int
  private var numberOfNeuron: [NeuronID: Int] = [:]
  private var numberOfEdge: [EdgeKey: UInt32] = [:]
  /// Every appearance of an edge.
  private var appearances: [(edge: UInt32, place: UInt32)] = []

  /// Reads the graphs of both sides.
  ///
  /// - Complexity: O(edges of all prompts)
  init(_ sides: ComparisonSides) throws {
    firstCount = sides.first.prompts.count
    try add(sides.first, startingAt: 0)
    try add(sides.second, startingAt: firstCount)
  }

  private mutating func add(_ side: ComparisonSide, startingAt start: Int) throws {
    var places: [Int32: Int] = [:]
    for (place, prompt) in side.prompts.enumerated() { places[prompt] = start + place }
    try side.index.forEachGraph(of: Set(side.prompts)) { delta in
      guard let place = places[delta.prompt] else { return }
      add(delta.graph, at: place)
    }
  }

  private mutating func add(_ graph: AttributionGraph, at place: Int) {
    let side = place < firstCount ? 0 : 1
    for i in 0..<graph.neurons.count {
      let neuron = NeuronID(layer: Int(graph.neurons.layer[i]), index: Int(graph.neurons.index[i]))
      let number = self.number(of: neuron)
      // The same neuron may be at several positions.
      if neuronPlaces[number].last != UInt32(place) { neuronPlaces[number].append(UInt32(place)) }
      scoreSums[number][side] += Double(graph.score(ofNeuron: i))
    }
    for flow in graph.endpointFlows() {
      let number = self.number(of: EdgeKey(source: flow.source, target: flow.target))
      edgePrompts[Int(number)][side] += 1
      flowSums[Int(number)][side] += flow.flow
      appearances.append((number, UInt32(place)))
    }
  }

  private mutating func number(of neuron: NeuronID) -> Int {
    if let known = numberOfNeuron[neuron] { return known }
    numberOfNeuron[neuron] = neurons.count
    neurons.append(neuron)
    neuronPlaces.append([])
    scoreSums.append(.zero)
    return neurons.count - 1
  }

  private mutating func number(of edge: EdgeKey) -> UInt32 {
    if let known = numberOfEdge[edge] { return known }
    let number = UInt32(edges.count)
    numberOfEdge[edge] = number
    edges.append(edge)
    edgePrompts.append(.zero)
    flowSums.append(.zero)
    return number
  }

  /// Where each of these edges is, in their order.
  func places(ofEdges rows: [Int]) -> [[UInt32]] {
    var rowOfEdge = [Int32](repeating: -1, count: edges.count)
    for (row, edge) in rows.enumerated() { rowOfEdge[edge] = Int32(row) }
    var places = [[UInt32]](repeating: [], count: rows.count)
    for appearance in appearances where rowOfEdge[Int(appearance.edge)] >= 0 {
      places[Int(rowOfEdge[Int(appearance.edge)])].append(appearance.place)
    }
    return places
  }
}
