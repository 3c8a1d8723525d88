// autointerp
// `SinkTests` tests which neurons are sinks where one more, or the other median, would decide otherwise.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@testable import Knowledge

@Suite struct SinkTests {
  /// Neurons 1, 2, ... of layer 1 with these activations at the last position of every prompt. L0/N0 is a sink by its place.
  private func sinks(_ activations: [Float], prompts: Int = 12) throws -> Sinks {
    var aggregate = EdgeAggregate()
    for prompt in 0..<prompts {
      var delta = RunKnowledgeTests.delta(prompt, .domain, neurons: activations.indices.map { Int32($0 + 1) })
      delta.graph.neurons.activation = [900] + activations
      delta.graph.neurons.gradient = [0.01] + activations.map { 1 / $0 }
      try aggregate.merge(delta)
    }
    return Sinks(aggregate)
  }

  private func found(_ activations: [Float]) throws -> [Int32] {
    try sinks(activations).all.map(\.neuron).filter { $0.layer == 1 }.map(\.index)
  }

  /// Of an even number of neurons the lower median counts. The upper one may be the sink itself.
  @Test func theMedianOfALayerIsTheLowerOne() throws {
    #expect(try found([1, 30]) == [2])
    #expect(try found([1, 2, 30, 70]) == [4])
    #expect(try found([2, 1, 49, 2]) == [])
    #expect(try found([2, 1, 50, 2]) == [3])
    #expect(try found([1, 2, 30]) == [])
    let ratio = try #require(try sinks([1, 30]).all.last).activationRatio
    #expect(abs(ratio - 30) < 1e-6)
  }

  @Test func eighteenOfTwentyPromptsAreNearlyAllAndSeventeenAreNot() throws {
    func isSink(in count: Int) throws -> Bool {
      var aggregate = EdgeAggregate()
      for prompt in 0..<20 {
        var delta = RunKnowledgeTests.delta(prompt, .domain, neurons: prompt < count ? [1, 2] : [1])
        if prompt < count {
          delta.graph.neurons.activation = [900, 1, 30]
          delta.graph.neurons.gradient = [0.01, 1, 1 / 30]
        }
        try aggregate.merge(delta)
      }
      return Sinks(aggregate).neurons.contains(NeuronID(layer: 1, index: 2))
    }
    for (count, expected) in [(20, true), (18, true), (17, false)] { #expect(try isSink(in: count) == expected) }
  }

  @Test func ofFewerThanTenPromptsNothingIsSaid() throws {
    #expect(try sinks([1, 30], prompts: 9).all.isEmpty)
    #expect(try sinks([1, 30], prompts: 10).all.count == 2)
  }
}
