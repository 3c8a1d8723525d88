// autointerp
// `InferenceError` says why the model cannot serve a request.
// SPDX-License-Identifier: Apache-2.0

/// A request that the model cannot serve.
package enum InferenceError: Error, Equatable, CustomStringConvertible {
  case noTokens
  case tokenOutOfRange(token: Int32, position: Int, vocabularySize: Int)
  case promptTooLong(tokens: Int, contextLength: Int)
  case neuronOutOfRange(layer: Int, index: Int, layerCount: Int, feedForwardDimension: Int)
  case positionOutOfRange(position: Int, tokens: Int)
  case notFinite(what: String)

  package var description: String {
    switch self {
    case .noTokens: "the prompt has no tokens"
    case .tokenOutOfRange(let token, let position, let size):
      "token \(token) at position \(position) is not in the vocabulary of \(size) tokens"
    case .promptTooLong(let tokens, let length):
      "the prompt has \(tokens) tokens, the model's context holds \(length)"
    case .neuronOutOfRange(let layer, let index, let layers, let width):
      "neuron L\(layer)/N\(index) does not exist: the model has \(layers) layers of \(width) neurons"
    case .positionOutOfRange(let position, let tokens):
      "position \(position) is outside the prompt's \(tokens) tokens"
    case .notFinite(let what): "\(what) is not a finite number: the checkpoint may be damaged"
    }
  }
}
