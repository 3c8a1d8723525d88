// autointerp
// `DeltaContract` checks that a delta agrees with its run and its model.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol

/// What the run and its model allow a delta to say. What is not known is not checked.
package struct DeltaContract: Sendable {
  var origin: PromptOrigin?
  var card: ModelCard?
  /// The fingerprint of the model that the card describes.
  var model: String?
  /// How many tokens the prompt can have.
  var maximumTokens: Int?
  /// How many peaks the run asks for.
  var peakCount: Int?

  package init(
    origin: PromptOrigin? = nil, card: ModelCard? = nil, model: String? = nil, maximumTokens: Int? = nil,
    peakCount: Int? = nil
  ) {
    self.origin = origin
    self.card = card
    self.model = model
    self.maximumTokens = maximumTokens
    self.peakCount = peakCount
  }

  /// A token is at least one byte of the text, after a normalisation that makes three bytes of one at most, or belongs to
  /// the template, of which the default system text may be the model's own.
  static func maximumTokens(of prompt: RunPrompt, _ template: TemplateSpecification) -> Int {
    let own = prompt.text.utf8.count + prompt.answerPrefix.utf8.count
    let around = template.name.utf8.count + (template.system?.utf8.count ?? 0)
    return 1024 + 3 * (own + around)
  }

  /// Real graphs have far smaller values, and sums of this many do not overflow a fixed-point number.
  private static let largestValue = 268_435_456.0

  /// - Throws: `ProtocolError` that names the first part that disagrees.
  func check(_ delta: EdgeDelta) throws(ProtocolError) {
    if let origin, delta.origin != origin {
      throw Self.broken("origin", "is \(delta.origin), but the prompt belongs to the \(origin)")
    }
    let (graph, limit) = (delta.graph, Self.largestValue)
    if let maximumTokens, graph.tokens.count > maximumTokens {
      throw Self.broken("tokens", "has \(graph.tokens.count), but the prompt can have at most \(maximumTokens)")
    }
    if let peakCount, graph.peaks.count > peakCount {
      throw Self.broken("peaks", "has \(graph.peaks.count), but the run asks for \(peakCount)")
    }
    let values: [(String, Bool)] = [
      ("neurons.gradient", graph.neurons.gradient.allSatisfy { abs(Double($0)) < limit }),
      ("embedding_relp", graph.embeddingRelp.allSatisfy { abs(Double($0)) < limit }),
      ("edges.effect", graph.edges.effect.allSatisfy { abs(Double($0)) < limit }),
      (
        "metric",
        abs(graph.metric.value) < limit
          && graph.metric.targets.allSatisfy { abs(Double($0.logit)) < limit && abs(Double($0.weight)) < limit }
      ),
      (
        "conservation",
        [graph.conservation.nodeTotal, graph.conservation.layerCut, graph.conservation.directEffects]
          .allSatisfy { Double($0) < limit }
      ),
    ]
    if let (part, _) = values.first(where: { !$0.1 }) { throw Self.broken(part, "has a value of 2^28 or more") }
    if let card { try check(delta, card) }
  }

  private func check(_ delta: EdgeDelta, _ card: ModelCard) throws(ProtocolError) {
    let neurons = delta.graph.neurons
    for i in 0..<neurons.count where neurons.layer[i] >= card.layerCount || neurons.index[i] >= card.neuronCount {
      throw Self.broken(
        "neurons",
        "has L\(neurons.layer[i])/N\(neurons.index[i]), but the model has \(card.layerCount) layers of "
          + "\(card.neuronCount) neurons")
    }
    let peaks = delta.graph.peaks
    for i in 0..<peaks.count where peaks.layer[i] >= card.layerCount || peaks.index[i] >= card.neuronCount {
      throw Self.broken("peaks", "has L\(peaks.layer[i])/N\(peaks.index[i]), which the model has not")
    }
    guard delta.graph.layerScores.isEmpty || delta.graph.layerScores.count <= card.layerCount else {
      throw Self.broken(
        "layer_scores", "has \(delta.graph.layerScores.count), but the model has \(card.layerCount) layers")
    }
    let tokens = Set(delta.graph.tokens + delta.graph.metric.targets.map(\.token))
    if let token = tokens.first(where: { $0 >= card.vocabularySize }) {
      throw Self.broken("tokens", "has \(token), but the model has \(card.vocabularySize) tokens")
    }
    guard delta.vocabulary.count == tokens.count else {
      throw Self.broken("vocabulary", "has \(delta.vocabulary.count) tokens, but the graph has \(tokens.count)")
    }
    // Compare bytes, because Swift's `==` treats differently encoded texts as equal.
    for entry in delta.vocabulary where !entry.text.utf8.elementsEqual(card.text(ofToken: entry.id).utf8) {
      throw Self.broken("vocabulary", "has another text for token \(entry.id) than the model's tokenizer")
    }
  }

  private static func broken(_ part: String, _ reason: String) -> ProtocolError {
    .invalid(field: "delta.payload.\(part)", reason: reason)
  }
}
