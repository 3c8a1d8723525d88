// autointerp
// `FlowProfile` sums where a neuron's flow comes from and where it goes, prompt by prompt.
// SPDX-License-Identifier: Apache-2.0

/// Sums over prompts of a neuron's |flow| by kind of the other end, in `2^-32`. All are exact; see `FixedPoint`.
///
/// Nodes at the first position are a kind of their own among the sources: their flow is large in every prompt, whatever the
/// prompt is about.
package struct FlowProfile: Equatable, Sendable {
  /// Prompts in which the neuron has an incoming edge that is not from the first position, and an outgoing one.
  package internal(set) var promptsIn: UInt32 = 0
  package internal(set) var promptsOut: UInt32 = 0
  /// From input tokens and from neurons, apart from those at the first position.
  var fromTokensNumber: Int128 = 0
  var fromNeuronsNumber: Int128 = 0
  var fromFirstNumber: Int128 = 0
  /// To neurons, and to logits and the metric.
  var toNeuronsNumber: Int128 = 0
  var toOutputsNumber: Int128 = 0
  /// To all, with its sign.
  var signedOutNumber: Int128 = 0
  /// The effective number of edges of a prompt, `(sum of |flow|)^2 / sum of flow^2`: 1 if one edge carries all, n if n edges
  /// carry the same. Without sources at the first position.
  var fanInNumber: Int128 = 0
  var fanOutNumber: Int128 = 0

  init() {}

  mutating func add(_ other: FlowProfile) {
    promptsIn += other.promptsIn
    promptsOut += other.promptsOut
    fromTokensNumber += other.fromTokensNumber
    fromNeuronsNumber += other.fromNeuronsNumber
    fromFirstNumber += other.fromFirstNumber
    toNeuronsNumber += other.toNeuronsNumber
    toOutputsNumber += other.toOutputsNumber
    signedOutNumber += other.signedOutNumber
    fanInNumber += other.fanInNumber
    fanOutNumber += other.fanOutNumber
  }

  package var fromTokens: Double { FixedPoint.value(fromTokensNumber) }
  package var fromNeurons: Double { FixedPoint.value(fromNeuronsNumber) }
  package var toNeurons: Double { FixedPoint.value(toNeuronsNumber) }
  package var toOutputs: Double { FixedPoint.value(toOutputsNumber) }
  package var signedOut: Double { FixedPoint.value(signedOutNumber) }
  /// The mean over prompts that have such edges; 0 if none has.
  package var meanFanIn: Double { promptsIn > 0 ? FixedPoint.value(fanInNumber) / Double(promptsIn) : 0 }
  package var meanFanOut: Double { promptsOut > 0 ? FixedPoint.value(fanOutNumber) / Double(promptsOut) : 0 }
}

/// The flow profiles of the neurons of one graph.
struct PromptFlows {
  /// `[local numbers]`; those of tokens stay empty.
  private(set) var profiles: [FlowProfile]
  /// `[local numbers]`: sums of |flow| and of its square, for the effective numbers of edges.
  private var sumIn: [Double]
  private var squaresIn: [Double]
  private var sumOut: [Double]
  private var squaresOut: [Double]

  /// The edges of a validated graph, whose nodes have these local numbers.
  init(_ graph: AttributionGraph, local: [UInt32], distinctCount: Int) {
    profiles = Array(repeating: FlowProfile(), count: distinctCount)
    sumIn = Array(repeating: 0, count: distinctCount)
    squaresIn = sumIn
    sumOut = sumIn
    squaresOut = sumIn
    let neuronCount = graph.neurons.count
    for edge in 0..<graph.edges.count {
      let (source, target) = (Int(graph.edges.source[edge]), Int(graph.edges.target[edge]))
      let number = FixedPoint.number(graph.edges.flow[edge])
      let flow = Double(graph.edges.flow[edge].magnitude)
      if target < neuronCount {
        let isFirst = source < neuronCount ? graph.neurons.position[source] == 0 : source == neuronCount
        let row = Int(local[target])
        switch (isFirst, source < neuronCount) {
        case (true, _): profiles[row].fromFirstNumber += Int128(number.magnitude)
        case (false, true): profiles[row].fromNeuronsNumber += Int128(number.magnitude)
        case (false, false): profiles[row].fromTokensNumber += Int128(number.magnitude)
        }
        if !isFirst {
          profiles[row].promptsIn = 1
          sumIn[row] += flow
          squaresIn[row] += flow * flow
        }
      }
      guard source < neuronCount else { continue }
      let row = Int(local[source])
      if target < neuronCount {
        profiles[row].toNeuronsNumber += Int128(number.magnitude)
      } else {
        profiles[row].toOutputsNumber += Int128(number.magnitude)
      }
      profiles[row].signedOutNumber += Int128(number)
      profiles[row].promptsOut = 1
      sumOut[row] += flow
      squaresOut[row] += flow * flow
    }
    for row in profiles.indices {
      profiles[row].fanInNumber = Self.effectiveNumber(sumIn[row], squaresIn[row])
      profiles[row].fanOutNumber = Self.effectiveNumber(sumOut[row], squaresOut[row])
    }
  }

  /// In `2^-32`. The sums run over the edges in their order, so that the result is the same on every machine.
  private static func effectiveNumber(_ sum: Double, _ squares: Double) -> Int128 {
    squares > 0 ? Int128(FixedPoint.number(Float(sum * sum / squares))) : 0
  }
}
