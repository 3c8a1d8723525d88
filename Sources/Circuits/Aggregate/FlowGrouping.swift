// autointerp
// `FlowGrouping` sums the flows of one graph over token positions.
// SPDX-License-Identifier: Apache-2.0

/// Groups the edges of one graph by their endpoints and sums their flows in fixed point.
///
/// Endpoints get "local" numbers within the graph, so that the sums of one target are a small dense array. The
/// buffers are reused for the next graph.
struct FlowGrouping: Sendable {
  struct Flow: Sendable {
    /// Local numbers of the endpoints.
    var source: UInt32
    var target: UInt32
    /// How many pairs of positions were summed.
    var occurrences: UInt32
    /// The summed flow, in `2^-32`.
    var number: Int64
  }

  private(set) var flows: [Flow] = []
  /// `[distinct endpoints]`: 1 + the index in `flows` of the edge from this source to the current target.
  private var placeOfSource: [UInt32] = []

  /// Returns the local number of every node of the graph, and the endpoints in the order of these numbers.
  static func localNumbers(of graph: AttributionGraph) -> (local: [UInt32], distinct: [Endpoint]) {
    var local: [UInt32] = []
    local.reserveCapacity(graph.nodeCount)
    var distinct: [Endpoint] = []
    var known: [Endpoint: UInt32] = [:]
    known.reserveCapacity(graph.nodeCount)
    func add(_ endpoint: Endpoint) {
      if let number = known[endpoint] {
        local.append(number)
      } else {
        let number = UInt32(distinct.count)
        known[endpoint] = number
        local.append(number)
        distinct.append(endpoint)
      }
    }
    for i in 0..<graph.neurons.count {
      add(.neuron(layer: graph.neurons.layer[i], index: graph.neurons.index[i]))
    }
    for token in graph.tokens { add(.embedding(token: token)) }
    for target in graph.metric.targets { add(.logit(token: target.token)) }
    if graph.metric.hasNode { add(.metric) }
    return (local, distinct)
  }

  /// Fills `flows` from the edges of a validated graph. Edges are visited by target, with the nodes of one endpoint
  /// together.
  mutating func group(_ edges: EdgeColumns, local: [UInt32], distinctCount: Int) {
    flows.removeAll(keepingCapacity: true)
    placeOfSource.removeAll(keepingCapacity: true)
    placeOfSource.append(contentsOf: repeatElement(0, count: distinctCount))

    var runs = targetRuns(of: edges, local: local)
    runs.sort { ($0.target, $0.edges.lowerBound) < ($1.target, $1.edges.lowerBound) }
    var first = 0
    for (number, run) in runs.enumerated() {
      if number > 0, runs[number - 1].target != run.target {
        for flow in flows[first...] { placeOfSource[Int(flow.source)] = 0 }
        first = flows.count
      }
      for edge in run.edges {
        let source = local[Int(edges.source[edge])]
        let value = FixedPoint.number(edges.flow[edge])
        let place = placeOfSource[Int(source)]
        if place == 0 {
          flows.append(Flow(source: source, target: run.target, occurrences: 1, number: value))
          placeOfSource[Int(source)] = UInt32(flows.count)
        } else {
          flows[Int(place) - 1].number += value
          flows[Int(place) - 1].occurrences += 1
        }
      }
    }
  }

  /// Returns the range of edges of each target node, and the target's local number.
  private func targetRuns(of edges: EdgeColumns, local: [UInt32]) -> [(target: UInt32, edges: Range<Int>)] {
    var runs: [(target: UInt32, edges: Range<Int>)] = []
    var start = 0
    while start < edges.count {
      var end = start + 1
      while end < edges.count, edges.target[end] == edges.target[start] { end += 1 }
      runs.append((local[Int(edges.target[start])], start..<end))
      start = end
    }
    return runs
  }
}
