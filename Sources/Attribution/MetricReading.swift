// autointerp
// From logits to the metric of a graph.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation

extension Metric {
  /// Reads the metric that `specification` asks for off the logits `[V]` of one position.
  ///
  /// Of equal logits the smaller token comes first. Probabilities are softmax in Float64.
  package init(
    _ specification: MetricSpecification, logits: [Float], position: Int
  ) throws(AttributionError) {
    let tokens: [Int32]
    var weights: [Float]
    let kind: Kind
    switch specification {
    case .topLogits(let count):
      guard count >= 1, count <= logits.count else {
        throw .invalidSetting(name: "top logits", value: "\(count)", expected: "1 to \(logits.count)")
      }
      (kind, tokens) = (.topLogits, Self.largest(count, of: logits))
      weights = Array(repeating: 1, count: count)
    case .tokens(let list):
      guard !list.isEmpty, Set(list).count == list.count else {
        throw .invalidSetting(name: "target tokens", value: "\(list)", expected: "one or more distinct tokens")
      }
      (kind, tokens) = (.tokens, list)
      weights = Array(repeating: 1, count: list.count)
    case .contrast(let a, let b):
      guard a != b else {
        throw .invalidSetting(name: "contrast", value: "\(a) and \(b)", expected: "two different tokens")
      }
      (kind, tokens, weights) = (.contrast, [a, b], [1, -1])
    }
    for token in tokens where token < 0 || Int(token) >= logits.count {
      throw .invalidSetting(name: "target token", value: "\(token)", expected: "0 to \(logits.count - 1)")
    }
    let largest = Double(logits.max() ?? 0)
    let total = logits.reduce(into: 0.0) { $0 += exp(Double($1) - largest) }
    let targets = zip(tokens, weights).map { token, weight in
      let logit = logits[Int(token)]
      return Target(
        token: token, logit: logit, probability: Float(exp(Double(logit) - largest) / total), weight: weight)
    }
    self.init(
      kind: kind, position: Int32(position),
      value: targets.reduce(0) { $0 + Double($1.weight) * Double($1.logit) }, targets: targets)
  }

  /// Indices of the `count` largest values, largest first.
  private static func largest(_ count: Int, of values: [Float]) -> [Int32] {
    var best: [(value: Float, index: Int)] = []
    for (index, value) in values.enumerated() {
      if best.count == count, value <= best[count - 1].value { continue }
      let place = best.firstIndex { value > $0.value } ?? best.count
      best.insert((value, index), at: place)
      if best.count > count { best.removeLast() }
    }
    return best.map { Int32($0.index) }
  }
}
