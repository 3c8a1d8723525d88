// autointerp
// `MetricReading` computes the metric and its derivatives from the logits of one position.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation

/// A metric at the prompt's own logits, and how it depends on the logits.
package struct MetricReading: Sendable {
  package var metric: Metric
  /// `[V]`: the metric's derivative with respect to every logit. Nil if only the traced logits matter, or none.
  package var cotangent: [Float]?
  /// For a direction in the residual stream: the factors of the stream's values.
  package var direction: Direction?
  /// The tokens whose summed probability is the metric, if the metric is one.
  private var probableTokens: [Int] = []
  /// The layer before which the metric is read. The number of layers stands for the final stream.
  package var depth: Int

  /// How many logits are traced besides those of the metric.
  private static let tracedCount = 5

  /// Reads the metric that `specification` asks for off the logits `[V]` of one position.
  ///
  /// Among equal logits the smaller token comes first. Probabilities are computed by softmax in Float64. For a
  /// direction in the residual stream the value does not follow from the logits: it is 0 here, and the caller sets it.
  package init(
    _ specification: MetricSpecification, logits: [Float], position: Int, layerCount: Int, modelDimension: Int
  ) throws(AttributionError) {
    let softmax = Softmax(logits)
    /// The tokens with weights, then the largest others, with their derivatives.
    func targets(_ tokens: [Int32], _ weights: [Float]) -> [Metric.Target] {
      zip(tokens, weights).map { token, weight in
        Metric.Target(
          token: token, logit: logits[Int(token)], probability: Float(softmax.probability(Int(token))), weight: weight)
      }
    }
    func make(_ kind: Metric.Kind, _ tokens: [Int32], _ weights: [Float]) -> Metric {
      let targets = targets(tokens, weights)
      return Metric(
        kind: kind, position: Int32(position), value: targets.reduce(0) { $0 + Double($1.weight) * Double($1.logit) },
        targets: targets)
    }
    func makeDense(_ kind: Metric.Kind, _ tokens: [Int32], _ cotangent: [Float], value: Double) -> Metric {
      let others = Self.largest(min(Self.tracedCount, logits.count), of: logits).filter { !tokens.contains($0) }
      let traced = tokens + others.prefix(max(0, Self.tracedCount - tokens.count))
      let linear = zip(cotangent, logits).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      return Metric(
        kind: kind, position: Int32(position), value: value, linear: linear,
        targets: targets(traced, traced.map { cotangent[Int($0)] }))
    }
    func check(_ tokens: [Int32]) throws(AttributionError) {
      guard Set(tokens).count == tokens.count else {
        throw .invalidSetting(name: "target tokens", value: "\(tokens)", expected: "distinct tokens")
      }
      for token in tokens where token < 0 || Int(token) >= logits.count {
        throw .invalidSetting(name: "target token", value: "\(token)", expected: "0 to \(logits.count - 1)")
      }
    }
    depth = layerCount
    switch specification {
    case .topLogits(let count):
      guard count >= 1, count <= logits.count else {
        throw .invalidSetting(name: "top logits", value: "\(count)", expected: "1 to \(logits.count)")
      }
      metric = make(.topLogits, Self.largest(count, of: logits), Array(repeating: 1, count: count))
    case .tokens(let tokens):
      guard !tokens.isEmpty else {
        throw .invalidSetting(name: "target tokens", value: "none", expected: "one or more")
      }
      try check(tokens)
      metric = make(.tokens, tokens, Array(repeating: 1, count: tokens.count))
    case .contrast(let a, let b):
      guard a != b else {
        throw .invalidSetting(name: "contrast", value: "\(a) and \(b)", expected: "two different tokens")
      }
      try check([a, b])
      metric = make(.contrast, [a, b], [1, -1])
    case .logProbability(let given):
      let tokens = given.isEmpty ? Self.largest(1, of: logits) : given
      try check(tokens)
      // d log(sum of p over T) / d logit_v = p_v / (sum over T) for v in T, less p_v for every v.
      let joint = tokens.reduce(0) { $0 + softmax.probability(Int($1)) }
      var cotangent = logits.indices.map { Float(-softmax.probability($0)) }
      for token in tokens {
        let p = softmax.probability(Int(token))
        // 1 - p without cancellation where the token is the only one.
        cotangent[Int(token)] = Float(tokens.count == 1 ? softmax.complement(Int(token)) : p / joint - p)
      }
      metric = makeDense(
        .logProbability, tokens, cotangent, value: softmax.logProbability(of: tokens.map { Int($0) }))
      self.cotangent = cotangent
      probableTokens = tokens.map { Int($0) }
    case .direction(let direction):
      let expected = direction.space == .vocabulary ? logits.count : modelDimension
      guard direction.values.count == expected else {
        throw .invalidSetting(
          name: "direction", value: "\(direction.values.count) values",
          expected: "\(expected), one for each \(direction.space == .vocabulary ? "token" : "dimension of the stream")")
      }
      guard (1...layerCount).contains(direction.layer ?? layerCount) else {
        throw .invalidSetting(
          name: "direction", value: "layer \(direction.layer ?? 0)", expected: "a layer from 1 to \(layerCount)")
      }
      depth = direction.layer ?? layerCount
      if direction.space == .vocabulary {
        let value = zip(direction.values, logits).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        metric = makeDense(.direction, [], direction.values, value: value)
        cotangent = direction.values
      } else {
        metric = Metric(kind: .direction, position: Int32(position), value: 0, targets: [])
        self.direction = direction
      }
    }
  }

  /// The metric's value at other logits, for the tokens of the prompt's own pass.
  package func value(at logits: ArraySlice<Float>) -> Double {
    switch metric.kind {
    case .topLogits, .tokens, .contrast:
      metric.targets.reduce(0) { $0 + Double($1.weight) * Double(logits[logits.startIndex + Int($1.token)]) }
    case .logProbability:
      Softmax(Array(logits)).logProbability(of: probableTokens)
    case .direction:
      zip(cotangent ?? [], logits).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
  }

  /// Returns the indices of the `count` largest values, largest first.
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

/// Softmax over a vocabulary, in Float64.
struct Softmax {
  private let exponentials: [Double]
  private let total: Double

  init(_ logits: [Float]) {
    let largest = Double(logits.max() ?? 0)
    exponentials = logits.map { exp(Double($0) - largest) }
    total = exponentials.reduce(0, +)
  }

  func probability(_ token: Int) -> Double { exponentials[token] / total }

  /// 1 minus the probability, computed from the sum of the others.
  func complement(_ token: Int) -> Double {
    var others = 0.0
    for (i, value) in exponentials.enumerated() where i != token { others += value }
    return others / total
  }

  /// The log of the tokens' summed probability.
  func logProbability(of tokens: [Int]) -> Double {
    let inside = tokens.reduce(0) { $0 + exponentials[$1] }
    guard inside > 0.5 * total else { return log(inside / total) }
    // Close to 0, the sum of the others is more exact.
    let members = Set(tokens)
    var others = 0.0
    for (i, value) in exponentials.enumerated() where !members.contains(i) { others += value }
    return log1p(-others / total)
  }
}
