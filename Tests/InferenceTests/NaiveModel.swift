// autointerp
// `NaiveModel` is a transformer in simple loops that shares no code with the real one.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Inference

/// A llama without rotary scaling or with one that divides frequencies, one position after the other, in Float64.
struct NaiveModel {
  private let configuration: ModelConfiguration
  private let weights: [WeightRole: [[Double]]]

  init(_ checkpoint: Checkpoint) {
    configuration = checkpoint.configuration
    let oracle = Oracle(checkpoint)
    weights = Dictionary(
      uniqueKeysWithValues: checkpoint.weights.keys.map { ($0, oracle.rows($0).map { $0.map(Double.init) }) })
  }

  private func apply(_ role: WeightRole, _ x: [Double]) -> [Double] {
    weights[role]!.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  private func norm(_ x: [Double], _ role: WeightRole) -> [Double] {
    let inverse = 1 / (x.reduce(0) { $0 + $1 * $1 } / Double(x.count) + Double(configuration.rmsEpsilon)).squareRoot()
    return zip(x, weights[role]![0]).map { $0 * inverse * $1 }
  }

  /// What the scaling divides frequency `i` by.
  private func divisor(_ i: Int) -> Double {
    switch configuration.rotary.scaling {
    case .none: 1
    case .linear(let factor): factor
    case .perFrequency(let factors): Double(factors[i])
    case .llama3: preconditionFailure("the naive model does not know this scaling")
    }
  }

  private func rotate(_ x: [Double], position: Int) -> [Double] {
    let d = configuration.headDimension
    var y = x
    for head in 0..<x.count / d {
      for i in 0..<d / 2 {
        let angle = Double(position) * pow(configuration.rotary.base, -2 * Double(i) / Double(d)) / divisor(i)
        let (a, b) = (x[head * d + i], x[head * d + d / 2 + i])
        y[head * d + i] = a * cos(angle) - b * sin(angle)
        y[head * d + d / 2 + i] = b * cos(angle) + a * sin(angle)
      }
    }
    return y
  }

  /// The logits of the last position, with the edits of a set applied in order.
  func logits(of tokens: [Int32], under set: [Intervention]) -> [Float] {
    let c = configuration
    let (d, group) = (c.headDimension, c.headCount / c.keyValueHeadCount)
    var stream = tokens.map { weights[.tokenEmbedding]![Int($0)] }
    for l in 0..<c.layerCount {
      let normed = stream.map { norm($0, .attentionNorm(layer: l)) }
      let queries = normed.enumerated().map { rotate(apply(.query(layer: l), $1), position: $0) }
      let keys = normed.enumerated().map { rotate(apply(.key(layer: l), $1), position: $0) }
      let values = normed.map { apply(.value(layer: l), $0) }
      for p in tokens.indices {
        var mixed = [Double](repeating: 0, count: c.headCount * d)
        for h in 0..<c.headCount {
          let g = h / group
          let scores = (0...p).map { j in
            (0..<d).reduce(0) { $0 + queries[p][h * d + $1] * keys[j][g * d + $1] } / Double(d).squareRoot()
          }
          let largest = scores.max()!
          let exponentials = scores.map { exp($0 - largest) }
          let total = exponentials.reduce(0, +)
          for j in 0...p {
            for i in 0..<d { mixed[h * d + i] += exponentials[j] / total * values[j][g * d + i] }
          }
        }
        stream[p] = zip(stream[p], apply(.attentionOutput(layer: l), mixed)).map(+)
        let x = norm(stream[p], .feedForwardNorm(layer: l))
        var neurons = zip(apply(.gate(layer: l), x), apply(.up(layer: l), x)).map { $0 / (1 + exp(-$0)) * $1 }
        for edit in set where edit.layer == l && (edit.position ?? p) == p {
          switch edit.operation {
          case .set(let value): neurons[edit.index] = Double(value)
          case .scale(let factor): neurons[edit.index] *= Double(factor)
          case .add(let value): neurons[edit.index] += Double(value)
          }
        }
        stream[p] = zip(stream[p], apply(.down(layer: l), neurons)).map(+)
      }
    }
    let unembedding: WeightRole = c.tiedUnembedding ? .tokenEmbedding : .unembedding
    return apply(unembedding, norm(stream[tokens.count - 1], .outputNorm)).map { Float($0) }
  }
}
