// autointerp
// `GraphLabels` holds the names and texts that a graph is written with; `GraphExport` selects the format.
// SPDX-License-Identifier: Apache-2.0

/// The names and texts that a graph needs when it is written.
package struct GraphLabels: Sendable {
  package var modelName: String
  /// The number of layers of the model.
  package var layerCount: Int
  /// The prompt as text, after templating; empty if the graph was made from token ids.
  package var prompt: String
  package var settings: AttributionSettings
  /// Returns the text of a token, or nil without a tokenizer.
  package var tokenText: @Sendable (Int32) -> String?
  /// The calibration of this model, metric and kind of prompts. Nil if nobody measured it.
  package var calibration: ModelCalibration?
  /// Why there is no calibration, and what to do about it.
  package var missingCalibration: String?
  /// Which reference the nodes' means are of, if any.
  package var reference: String?

  package init(
    modelName: String, layerCount: Int, prompt: String, settings: AttributionSettings,
    calibration: ModelCalibration? = nil, missingCalibration: String? = nil, reference: String? = nil,
    tokenText: @escaping @Sendable (Int32) -> String?
  ) {
    self.modelName = modelName
    self.layerCount = layerCount
    self.prompt = prompt
    self.settings = settings
    self.calibration = calibration
    self.missingCalibration = missingCalibration
    self.reference = reference
    self.tokenText = tokenText
  }

  /// The token's text, or `#id` if it is unknown.
  package func text(of token: Int32) -> String { tokenText(token) ?? "#\(token)" }
}

/// A graph and its labels. It is written in one of the formats.
package struct GraphExport: Sendable {
  package let graph: AttributionGraph
  package let labels: GraphLabels

  /// `graph` must pass `AttributionGraph.validate()`.
  package init(_ graph: AttributionGraph, labels: GraphLabels) {
    self.graph = graph
    self.labels = labels
  }

  /// The formats, by the names that people use.
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

  /// The trust in every neuron, by the model's calibration.
  var trust: [NodeTrust] { graph.trust(labels.calibration?.calibrations[graph.rule]) }

  /// The node that a number stands for.
  enum Node {
    case neuron(Int)
    case embedding(position: Int)
    case logit(Int)
    case metric
  }

  func node(_ number: Int32) -> Node {
    let number = Int(number)
    if number < graph.neurons.count { return .neuron(number) }
    if number < graph.neurons.count + graph.tokens.count { return .embedding(position: number - graph.neurons.count) }
    let logit = number - graph.neurons.count - graph.tokens.count
    return logit < graph.metric.targets.count ? .logit(logit) : .metric
  }

  /// `{layer}_{index}_{position}`, `E_{token}_{position}`, `L_{token}_{position}` or `M_{position}`.
  package func nodeID(_ number: Int32) -> String {
    switch node(number) {
    case .neuron(let i): "\(graph.neurons.layer[i])_\(graph.neurons.index[i])_\(graph.neurons.position[i])"
    case .embedding(let position): "E_\(graph.tokens[position])_\(position)"
    case .logit(let j): "L_\(graph.metric.targets[j].token)_\(graph.metric.position)"
    case .metric: "M_\(graph.metric.position)"
    }
  }
}
