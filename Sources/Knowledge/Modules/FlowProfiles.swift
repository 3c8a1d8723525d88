// autointerp
// `FlowProfiles` adds up, over prompts, what drives each neuron and what it drives, beside what would be expected.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// The attribution profiles of chosen neurons: |flow| from neurons below and tokens, and to neurons above and logits.
///
/// Two neurons that are selected in the same prompts share their neighbours, whatever they do. What counts is therefore how a
/// neuron's flow in a prompt differs from that of its neighbours in the same prompt: with `T` the |flow| into a target and `O` that
/// out of a source to neurons, `T O / (sum of O over all sources below the target)` is expected from that source, and likewise
/// for what a neuron drives. Over prompts, flows and expectations are added. Edges of sinks (position 0, or as strong as the
/// stream) and flows into the metric itself do not count.
package struct FlowProfiles: Sendable {
  /// One direction: rows are the chosen neurons, columns what they are connected with.
  package struct Side: Sendable {
    /// Columns: the chosen neurons first, then tokens.
    package let ends: [Endpoint]
    /// `[halves, neurons, columns]`, row-major.
    fileprivate(set) var flow: [Float]
    fileprivate(set) var expected: [Float]
    /// `[neurons, columns]`: prompts that have the edge.
    fileprivate(set) var prompts: [UInt16]

    fileprivate init(rows: Int, ends: [Endpoint]) {
      self.ends = ends
      flow = Array(repeating: 0, count: 2 * rows * ends.count)
      expected = flow
      prompts = Array(repeating: 0, count: rows * ends.count)
    }
  }

  package let neurons: [NeuronID]
  /// What drives neurons: neurons and input tokens.
  package private(set) var drivers: Side
  /// What neurons drive: neurons and predicted tokens.
  package private(set) var targets: Side
  private let rows: [NeuronID: Int]
  private let driverTokens: [Int32: Int]
  private let targetTokens: [Int32: Int]

  /// - Parameters:
  ///   - neurons: the chosen ones.
  ///   - tokens: the input tokens that get columns.
  ///   - predictions: the predicted tokens that get columns.
  package init(neurons: [NeuronID], tokens: [Int32], predictions: [Int32]) {
    self.neurons = neurons
    let own = neurons.map { Endpoint.neuron($0) }
    drivers = Side(rows: neurons.count, ends: own + tokens.map { Endpoint.embedding(token: $0) })
    targets = Side(rows: neurons.count, ends: own + predictions.map { Endpoint.logit(token: $0) })
    rows = Dictionary(uniqueKeysWithValues: neurons.enumerated().map { ($1, $0) })
    func columns(_ tokens: [Int32]) -> [Int32: Int] {
      Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, neurons.count + $0) })
    }
    (driverTokens, targetTokens) = (columns(tokens), columns(predictions))
  }

  /// Adds the graph of a prompt of half 0 or 1.
  ///
  /// - Complexity: O(neurons of the prompt squared + edges)
  package mutating func add(_ graph: AttributionGraph, half: Int) {
    let flows = PromptFlowTable(graph)
    let ends = flows.ends
    let driverColumns = ends.map { column($0.endpoint, driverTokens) }
    let targetColumns = ends.map { column($0.endpoint, targetTokens) }
    for (end, place) in ends.enumerated() {
      guard let neuron = place.endpoint.neuron, let row = rows[neuron] else { continue }
      let (driverBase, targetBase) = (row * drivers.ends.count, row * targets.ends.count)
      let (driverHalf, targetHalf) = (
        driverBase + half * neurons.count * drivers.ends.count, targetBase + half * neurons.count * targets.ends.count
      )
      let below = flows.outBelow(place.level)
      let above = flows.inAbove(place.level)
      for other in ends.indices where ends[other].endpoint.kind != .logit || targetColumns[other] != nil {
        if ends[other].level < place.level, let column = driverColumns[other], below > 0 {
          drivers.expected[driverHalf + column] += place.fromAll * ends[other].toNeurons / below
        }
        guard ends[other].level > place.level, let column = targetColumns[other] else { continue }
        if ends[other].endpoint.kind == .logit {
          guard flows.toLogits > 0 else { continue }
          targets.expected[targetHalf + column] += place.toLogits * ends[other].fromAll / flows.toLogits
        } else if above > 0 {
          targets.expected[targetHalf + column] += place.toNeurons * ends[other].fromAll / above
        }
      }
      for (source, flow) in flows.into(end) {
        guard let column = driverColumns[source] else { continue }
        drivers.flow[driverHalf + column] += flow
        drivers.prompts[driverBase + column] &+= 1
      }
      for (target, flow) in flows.outOf(end) {
        guard let column = targetColumns[target] else { continue }
        targets.flow[targetHalf + column] += flow
        targets.prompts[targetBase + column] &+= 1
      }
    }
  }

  private func column(_ endpoint: Endpoint, _ tokens: [Int32: Int]) -> Int? {
    if let neuron = endpoint.neuron { return rows[neuron] }
    return endpoint.token.flatMap { tokens[$0] }
  }
}

/// The flows of one prompt between ends without positions, sinks left out.
private struct PromptFlowTable {
  struct End {
    var endpoint: Endpoint
    /// A neuron's layer; -1 for tokens, above all layers for logits.
    var level: Int
    /// |flow| out to neurons, to logits, and in from everything.
    var toNeurons: Float = 0
    var toLogits: Float = 0
    var fromAll: Float = 0
  }

  private(set) var ends: [End] = []
  private(set) var toLogits: Float = 0
  private var incoming: [[(Int, Float)]] = []
  private var outgoing: [[(Int, Float)]] = []
  /// By level, ascending: the sums of `toNeurons` and of neurons' `fromAll`.
  private var levels: [Int: (out: Float, in: Float)] = [:]

  init(_ graph: AttributionGraph) {
    let count = graph.neurons.count
    var numbers: [Endpoint: Int] = [:]
    func number(_ endpoint: Endpoint, level: Int) -> Int {
      if let known = numbers[endpoint] { return known }
      numbers[endpoint] = ends.count
      ends.append(End(endpoint: endpoint, level: level))
      return ends.count - 1
    }
    var places: [Int?] = []
    for i in 0..<count {
      places.append(
        graph.isSink(i)
          ? nil
          : number(
            .neuron(layer: graph.neurons.layer[i], index: graph.neurons.index[i]), level: Int(graph.neurons.layer[i])))
    }
    for (position, token) in graph.tokens.enumerated() {
      places.append(position == 0 ? nil : number(.embedding(token: token), level: -1))
    }
    for target in graph.metric.targets { places.append(number(.logit(token: target.token), level: .max)) }
    // Signed flows of one pair are added over positions before their size counts.
    var sums: [Int: Float] = [:]
    for i in 0..<graph.edges.count {
      let (source, target) = (Int(graph.edges.source[i]), Int(graph.edges.target[i]))
      guard source < places.count, target < places.count, let source = places[source], let target = places[target]
      else { continue }
      sums[source * ends.count + target, default: 0] += graph.edges.flow[i]
    }
    incoming = Array(repeating: [], count: ends.count)
    outgoing = incoming
    for (pair, sum) in sums.sorted(by: { $0.key < $1.key }) {
      let (source, target, size) = (pair / ends.count, pair % ends.count, abs(sum))
      guard size > 0 else { continue }
      incoming[target].append((source, size))
      outgoing[source].append((target, size))
      ends[target].fromAll += size
      if ends[target].endpoint.kind == .logit {
        ends[source].toLogits += size
        toLogits += size
      } else {
        ends[source].toNeurons += size
      }
    }
    for end in ends where end.endpoint.kind != .logit {
      levels[end.level, default: (0, 0)].out += end.toNeurons
      levels[end.level, default: (0, 0)].in += end.fromAll
    }
  }

  func into(_ end: Int) -> [(Int, Float)] { incoming[end] }
  func outOf(_ end: Int) -> [(Int, Float)] { outgoing[end] }

  /// What all ends below a level send to neurons.
  func outBelow(_ level: Int) -> Float {
    levels.sorted { $0.key < $1.key }.reduce(0) { $1.key < level ? $0 + $1.value.out : $0 }
  }

  /// What all neurons above a level receive.
  func inAbove(_ level: Int) -> Float {
    levels.sorted { $0.key < $1.key }.reduce(0) { $1.key > level ? $0 + $1.value.in : $0 }
  }
}
