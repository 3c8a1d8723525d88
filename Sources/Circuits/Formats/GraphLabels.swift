// autointerp
// What a graph does not know of itself: names and texts.
// SPDX-License-Identifier: Apache-2.0

/// The names and texts that go with a graph when it is written down.
package struct GraphLabels: Sendable {
  package var modelName: String
  /// Layers of the model.
  package var layerCount: Int
  /// The prompt as text, after templating; empty when the graph was made from token ids.
  package var prompt: String
  package var settings: AttributionSettings
  /// The text of a token, nil when there is no tokenizer.
  package var tokenText: @Sendable (Int32) -> String?

  package init(
    modelName: String, layerCount: Int, prompt: String, settings: AttributionSettings,
    tokenText: @escaping @Sendable (Int32) -> String?
  ) {
    self.modelName = modelName
    self.layerCount = layerCount
    self.prompt = prompt
    self.settings = settings
    self.tokenText = tokenText
  }

  /// The token's text, or `#id` without one.
  package func text(of token: Int32) -> String { tokenText(token) ?? "#\(token)" }
}

/// A graph with its labels, ready to be written in one of the formats.
package struct GraphExport: Sendable {
  package let graph: AttributionGraph
  package let labels: GraphLabels

  /// `graph` must satisfy `AttributionGraph.validate()`.
  package init(_ graph: AttributionGraph, labels: GraphLabels) {
    self.graph = graph
    self.labels = labels
  }

  /// The formats by the names that people give.
  package enum Format: String, Sendable, CaseIterable {
    case text
    case full
    case neuronpedia
  }

  package func bytes(_ format: Format) -> [UInt8] {
    switch format {
    case .text: Array(text().utf8)
    case .full: full()
    case .neuronpedia: neuronpedia()
    }
  }

  /// What a node number stands for.
  enum Node {
    case neuron(Int)
    case embedding(position: Int)
    case logit(Int)
  }

  func node(_ number: Int32) -> Node {
    let number = Int(number)
    if number < graph.neurons.count { return .neuron(number) }
    if number < graph.neurons.count + graph.tokens.count { return .embedding(position: number - graph.neurons.count) }
    return .logit(number - graph.neurons.count - graph.tokens.count)
  }

  /// `{layer}_{index}_{position}`, `E_{token}_{position}` or `L_{token}_{position}`.
  func nodeID(_ number: Int32) -> String {
    switch node(number) {
    case .neuron(let i): "\(graph.neurons.layer[i])_\(graph.neurons.index[i])_\(graph.neurons.position[i])"
    case .embedding(let position): "E_\(graph.tokens[position])_\(position)"
    case .logit(let j): "L_\(graph.metric.targets[j].token)_\(graph.metric.position)"
    }
  }
}
