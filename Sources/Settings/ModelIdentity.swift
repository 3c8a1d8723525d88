// autointerp
// `ModelIdentity` tells models apart by their weights and tokenizer, and makes a model's card.
// SPDX-License-Identifier: Apache-2.0

package import Checkpoints
internal import ClusterProtocol
internal import Coordinator

/// How a fleet identifies a model. The fingerprint covers the weights, the tokenizer, its template and its use of BOS.
package struct ModelIdentity {
  package let name: String
  package let fingerprint: String
  /// The canonical bytes of the model's card.
  package let card: [UInt8]

  package init(_ checkpoint: Checkpoint, _ tokenizer: Tokenizer) {
    let shape = checkpoint.configuration
    let card = ModelCard(
      layerCount: shape.layerCount, neuronCount: shape.feedForwardDimension, vocabularySize: shape.vocabularySize,
      tokenizer: tokenizer.fingerprint(),
      texts: (0..<Int32(tokenizer.vocabularySize)).map { tokenizer.displayText(of: $0) }
    ).payload()
    name = checkpoint.name
    fingerprint = ModelCard.fingerprint(weights: checkpoint.fingerprint, payload: card)
    self.card = card
  }

  /// Opens a model and its tokenizer.
  package init(path: String) throws { self.init(try Checkpoint.open(path), try Tokenizer.open(path)) }
}
