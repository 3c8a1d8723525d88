// autointerp
// `Transformer` holds a model's weights on a backend.
// SPDX-License-Identifier: Apache-2.0

package import Checkpoints
internal import Foundation

/// The weights of a model on a backend. Each norm's gain is folded into the matrices that read the normed rows.
///
///     x_0   = E[token]
///     mid_l = x_l + Wo . A_l . Wv . rms(x_l)
///     h_l   = silu(Wg . rms(mid_l)) * (Wu . rms(mid_l))
///     x_l+1 = mid_l + Wd . h_l
///     logits = Wlm . rms(x_L)
package final class Transformer<Backend: ComputeBackend>: Sendable {
  /// One layer of the model.
  package struct Layer: Sendable {
    /// Query, key and value stacked: `[(H + 2K) d, D]`, with the attention norm folded in.
    package let queryKeyValue: Backend.Matrix
    /// `[D, H d]`
    package let attentionOutput: Backend.Matrix
    /// Gate and up stacked: `[2F, D]`, with the feed-forward norm folded in.
    package let gateUp: Backend.Matrix
    /// `[D, F]`
    package let down: Backend.Matrix
    /// `[d]`, for architectures that normalise each head of q and k.
    let headNorms: (query: Backend.Buffer, key: Backend.Buffer)?
  }

  package let configuration: ModelConfiguration
  package let layers: [Layer]
  /// `[V, D]`
  package let embedding: Backend.Matrix
  /// `[V, D]`; the embedding itself if the model is tied.
  package let unembedding: Backend.Matrix
  /// `[D]`: the gain of the final norm.
  package let outputGain: [Float]
  let outputGainBuffer: Backend.Buffer

  /// Uploads the checkpoint's weights. `.mapped` leaves the matrices in the file and unpacks panels at each use.
  package init(_ checkpoint: Checkpoint, backend: Backend, storage: WeightStorage) {
    let configuration = checkpoint.configuration
    self.configuration = configuration
    func view(_ role: WeightRole) -> TensorView {
      guard let view = checkpoint.weights[role] else { preconditionFailure("checkpoint without \(role)") }
      return view
    }
    func vector(_ role: WeightRole) -> [Float] {
      let view = view(role)
      return [Float](unsafeUninitializedCapacity: view.columnCount) { target, count in
        view.copyRows(0..<1, into: target.baseAddress!)
        count = view.columnCount
      }
    }
    func projection(_ parts: [WeightRole], gain: [Float]? = nil) -> Backend.Matrix {
      backend.makeMatrix(
        parts.map { WeightPart(view($0), columnGain: gain) }, use: .projection, storage: storage)
    }
    layers = (0..<configuration.layerCount).map { l in
      Layer(
        queryKeyValue: projection(
          [.query(layer: l), .key(layer: l), .value(layer: l)], gain: vector(.attentionNorm(layer: l))),
        attentionOutput: projection([.attentionOutput(layer: l)]),
        gateUp: projection([.gate(layer: l), .up(layer: l)], gain: vector(.feedForwardNorm(layer: l))),
        down: projection([.down(layer: l)]),
        headNorms: configuration.architecture == .qwen3
          ? (backend.upload(vector(.queryNorm(layer: l))), backend.upload(vector(.keyNorm(layer: l)))) : nil)
    }
    embedding = backend.makeMatrix([WeightPart(view(.tokenEmbedding))], use: .table, storage: storage)
    unembedding =
      configuration.tiedUnembedding
      ? embedding : backend.makeMatrix([WeightPart(view(.unembedding))], use: .table, storage: storage)
    outputGain = vector(.outputNorm)
    outputGainBuffer = backend.upload(outputGain)
  }

  /// The rows of `queryKeyValue` that produce values.
  package var valueRows: Range<Int> {
    let c = configuration
    let first = (c.headCount + c.keyValueHeadCount) * c.headDimension
    return first..<first + c.keyValueHeadCount * c.headDimension
  }

  /// Where the keys start in the projections.
  package var keyColumn: Int { configuration.headCount * configuration.headDimension }

  /// The factor of the scores of queries and keys.
  package var attentionScale: Float { 1 / Float(configuration.headDimension).squareRoot() }

  /// The packed coefficients of all heads, for prompts of `tokenCount` tokens.
  package func attentionLayout(tokenCount: Int) -> AttentionLayout {
    AttentionLayout(
      headCount: configuration.headCount, keyValueHeadCount: configuration.keyValueHeadCount,
      headDimension: configuration.headDimension, headStride: tokenCount * tokenCount)
  }
}

extension ModelConfiguration {
  /// The number of parameters in the matrices.
  package var parameterCount: Int {
    let heads = (headCount + keyValueHeadCount) * headDimension
    let layer = 2 * modelDimension * heads + 3 * modelDimension * feedForwardDimension
    return layerCount * layer + vocabularySize * modelDimension * (tiedUnembedding ? 1 : 2)
  }

  /// The cost of a row of logits, in layers of a row.
  package var readingCost: Int {
    let heads = (headCount + keyValueHeadCount) * headDimension
    let layer = 2 * modelDimension * heads + 3 * modelDimension * feedForwardDimension
    return (vocabularySize * modelDimension + layer - 1) / layer
  }

  /// `[positions, d]`: cosines, then sines, of the rotary angles; of the negative angles if reversed.
  func rotaryTable(positions: Int, isReversed: Bool = false) -> [Float] {
    let frequencies = rotary.frequencies(headDimension: headDimension)
    var table: [Float] = []
    table.reserveCapacity(positions * headDimension)
    for p in 0..<positions {
      table += frequencies.map { Float(cos(Double(p) * $0)) }
      table += frequencies.map { Float(sin(Double(isReversed ? -p : p) * $0)) }
    }
    return table
  }
}

extension RotaryEmbedding {
  /// `[headDimension / 2]` radians per position. Llama 3's ramp divides frequencies that turn fewer than `low` times
  /// within the original context by `factor`, and keeps those that turn more than `high` times.
  func frequencies(headDimension: Int) -> [Double] {
    (0..<headDimension / 2).map { i in
      let plain = pow(base, -2 * Double(i) / Double(headDimension))
      switch scaling {
      case .none: return plain
      case .linear(let factor): return plain / factor
      case .perFrequency(let factors): return plain / Double(factors[i])
      case .llama3(let factor, let low, let high, let original):
        let turns = Double(original) * plain / (2 * .pi)
        let keep = min(max((turns - low) / (high - low), 0), 1)
        return plain * keep + plain / factor * (1 - keep)
      }
    }
  }
}
