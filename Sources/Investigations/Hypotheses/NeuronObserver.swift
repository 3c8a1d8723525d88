// autointerp
// `NeuronObserver` collects from the graphs of a run what they show of one neuron.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// Takes graphs, one at a time, and makes an `ObservedNeuron`. The result does not depend on their order but for rounding.
package struct NeuronObserver {
  /// One edge's effects, summed over the positions of each prompt.
  private struct Effects {
    var shares: [Double] = []
  }

  private let neuron: NeuronID
  private let rule: AttributionRule
  private let sinks: Set<NeuronID>
  private var observed: ObservedNeuron
  private var places: [(token: Int32, activation: Double)] = []
  private var texts: [Int32: String] = [:]
  private var drivers: [NeuronID: Effects] = [:]
  private var targets: [NeuronID: Effects] = [:]
  private var (score, absoluteScore) = (0.0, 0.0)

  /// `sinks` are in every prompt and never count as drivers or targets.
  package init(_ neuron: NeuronID, rule: AttributionRule, sinks: Set<NeuronID>) {
    self.neuron = neuron
    self.rule = rule
    self.sinks = sinks
    observed = ObservedNeuron(neuron)
  }

  package mutating func add(_ delta: EdgeDelta) {
    let graph = delta.graph
    let columns = graph.neurons
    func name(_ node: Int) -> NeuronID {
      NeuronID(layer: Int(columns.layer[node]), index: Int(columns.index[node]))
    }
    let own = (0..<columns.count).filter { name($0) == neuron && columns.position[$0] > 0 }
    guard !own.isEmpty else { return }
    observed.promptCount += 1
    for text in delta.vocabulary { texts[text.id] = text.text }
    for node in own {
      let position = Int(columns.position[node])
      observed.placeCount += 1
      if position == graph.tokens.count - 1 { observed.lastPlaceCount += 1 }
      places.append((graph.tokens[position], Double(columns.activation[node])))
      let value = Double(rule == .relp ? columns.relp[node] : columns.gradientScore[node])
      score += value
      absoluteScore += abs(value)
    }
    addEdges(graph, own: Set(own.map { Int32($0) }), name)
  }

  /// Adds for each other end the sum of its effects in this prompt over the target's activations.
  private mutating func addEdges(_ graph: AttributionGraph, own: Set<Int32>, _ name: (Int) -> NeuronID) {
    let (edges, count) = (graph.edges, Int32(graph.neurons.count))
    var (up, down) = ([NeuronID: Double](), [NeuronID: Double]())
    for i in 0..<edges.count {
      let (source, target) = (edges.source[i], edges.target[i])
      guard source < count, target < count, own.contains(source) != own.contains(target) else { continue }
      let activation = Double(graph.neurons.activation[Int(target)])
      guard activation != 0 else { continue }
      let isDriver = own.contains(target)
      let other = name(Int(isDriver ? source : target))
      guard !sinks.contains(other) else { continue }
      // Effects at one target of several sources add up; a target at several positions counts with its mean.
      let share = Double(edges.effect[i]) / activation
      if isDriver { up[other, default: 0] += share } else { down[other, default: 0] += share }
    }
    for (other, share) in up { drivers[other, default: Effects()].shares.append(share) }
    for (other, share) in down { targets[other, default: Effects()].shares.append(share) }
  }

  /// What was seen; nil if no graph has the neuron beyond position 0.
  package func result(preference: ObservedNeuron.Preference? = nil) -> ObservedNeuron? {
    guard observed.promptCount > 0 else { return nil }
    var result = observed
    result.activations = places.map(\.activation).sorted()
    result.meanScore = score / Double(result.placeCount)
    result.meanAbsoluteScore = absoluteScore / Double(result.placeCount)
    result.preference = preference
    let sign = Double(result.sign)
    var counts: [Int32: Int] = [:]
    for place in places where place.activation * sign > 0 { counts[place.token, default: 0] += 1 }
    result.tokens = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { ObservedNeuron.Token(token: $0.key, text: texts[$0.key] ?? "#\($0.key)", places: $0.value) }
    result.drivers = Self.edges(drivers)
    result.targets = Self.edges(targets)
    return result
  }

  /// Sorted by how much they do in all.
  private static func edges(_ effects: [NeuronID: Effects]) -> [ObservedNeuron.Edge] {
    effects.map { other, effects in
      // Sorted, so that the order of the graphs does not change the last bits.
      let shares = effects.shares.sorted()
      let sum = shares.reduce(0, +)
      return ObservedNeuron.Edge(
        neuron: other, prompts: shares.count, meanShare: sum / Double(shares.count),
        signShare: Double(shares.count { $0 * sum > 0 }) / Double(shares.count))
    }
    .sorted { a, b in
      let (x, y) = (abs(a.meanShare) * Double(a.prompts), abs(b.meanShare) * Double(b.prompts))
      return x != y ? x > y : a.neuron < b.neuron
    }
  }
}
