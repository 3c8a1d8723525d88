// autointerp
// `GraphSketch` makes the delta of a prompt from a list of neurons and edges, for tests that need a certain graph.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// A graph of three tokens with neurons at the last position, one predicted token and the metric.
package struct GraphSketch {
  package enum Node: Hashable {
    case neuron(NeuronID)
    /// By position, 0 to 2.
    case token(Int)
    case logit
    case metric
  }

  /// The ids and texts of the tokens.
  package var tokens: [(id: Int32, text: String)] = [(10, "fever"), (12, " 7"), (13, " is")]
  /// Predicted.
  package var prediction: (id: Int32, text: String) = (20, " high")
  private var activations: [NeuronID: Float] = [:]
  private var flows: [(source: Node, target: Node, flow: Float)] = []

  package init() {}

  /// Adds a neuron; `activation` is also its score, under both rules.
  package mutating func add(_ neuron: NeuronID, activation: Float = 1) { activations[neuron] = activation }

  /// Adds an edge, with its neurons if they are new.
  package mutating func connect(_ source: Node, _ target: Node, flow: Float) {
    for case .neuron(let neuron) in [source, target] where activations[neuron] == nil { add(neuron) }
    flows.append((source, target, flow))
  }

  package func delta(prompt: Int32, origin: PromptGroup) -> EdgeDelta {
    let sorted = activations.keys.sorted()
    var neurons = NeuronColumns()
    for neuron in sorted {
      let activation = activations[neuron] ?? 1
      neurons.layer.append(neuron.layer)
      neurons.index.append(neuron.index)
      neurons.position.append(2)
      neurons.activation.append(activation)
      neurons.gradient.append(1)
      neurons.relp.append(activation)
      neurons.gradientScore.append(activation)
      neurons.streamShare.append(0.05)
    }
    func number(_ node: Node) -> Int32 {
      let count = Int32(sorted.count)
      return switch node {
      case .neuron(let neuron): Int32(sorted.firstIndex(of: neuron) ?? -1)
      case .token(let position): count + Int32(position)
      case .logit: count + 3
      case .metric: count + 4
      }
    }
    var edges = EdgeColumns()
    for edge in flows.map({ (source: number($0.source), target: number($0.target), flow: $0.flow) }).sorted(by: {
      ($0.target, $0.source) < ($1.target, $1.source)
    }) {
      edges.source.append(edge.source)
      edges.target.append(edge.target)
      edges.effect.append(edge.flow)
      edges.flow.append(edge.flow)
    }
    let graph = AttributionGraph(
      tokens: tokens.map(\.id),
      metric: Metric(
        kind: .logProbability, position: 2, value: -0.5, linear: 1,
        targets: [.init(token: prediction.id, logit: 5, probability: 0.6, weight: 1)]),
      rule: .gradient, neurons: neurons, embeddingRelp: [0.2, 0.1, 0], edges: edges,
      conservation: ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0),
      counts: GraphCounts(
        candidateNeurons: Int32(sorted.count), candidateEdges: Int64(edges.count), truncated: false,
        keptScoreShare: 0.4,
        keptFlowShare: 0.9))
    let vocabulary = Dictionary(
      (tokens + [prediction]).map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
    return EdgeDelta(
      prompt: prompt, origin: origin, graph: graph,
      vocabulary: vocabulary.sorted { $0.key < $1.key }.map { TokenText(id: $0.key, text: $0.value) })
  }
}
