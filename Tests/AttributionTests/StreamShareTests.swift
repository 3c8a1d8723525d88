// autointerp
// `StreamShareTests` tests the share of its stream that a node writes against norms in plain loops.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import TestSupport
import Testing

@testable import Attribution

@Suite struct StreamShareTests {
  /// The MLP's update makes the stream longer at some positions and shorter at others. The shorter one counts, because a
  /// node that stands out on either side of its layer is a sink.
  @Test func aNodesShareIsThatOfTheShorterStreamBesideItsLayer() throws {
    let backend = Float64Backend()
    let checkpoint = ConservationTests.models[0].checkpoint
    let (width, neurons) = (checkpoint.configuration.modelDimension, checkpoint.configuration.feedForwardDimension)
    let relevance = RelevancePropagation(
      transformer: Transformer(checkpoint, backend: backend, storage: .resident), backend: backend)
    let trace = try relevance.transformer.forward(GradientTests.tokens, on: backend)
    let graph = try relevance.graph(
      of: GradientTests.tokens, settings: GradientTests.everything(.topLogits(count: 3), .gradient))
    func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    func row(_ region: Region<DoubleBuffer>, _ position: Int) -> [Double] {
      (0..<width).map { region.buffer.values[region.offset + position * region.stride + $0] }
    }
    var (shorterBefore, shorterAfter) = (0, 0)
    for layer in trace.layers.indices {
      let down = try #require(checkpoint.weights[.down(layer: layer)]).floats()
      for i in 0..<graph.neurons.count where Int(graph.neurons.layer[i]) == layer {
        let (position, index) = (Int(graph.neurons.position[i]), Int(graph.neurons.index[i]))
        let middle = row(trace.layers[layer].middle, position)
        let after = zip(middle, row(trace.layers[layer].update, position)).map { $0 + $1 }
        let written = (0..<width).map { Double(graph.neurons.activation[i]) * Double(down[$0 * neurons + index]) }
        if norm(middle) < norm(after) { shorterBefore += 1 } else { shorterAfter += 1 }
        let expected = norm(written) / min(norm(middle), norm(after))
        // Activations are Float32.
        #expect(abs(Double(graph.neurons.streamShare[i]) - expected) < 1e-5 * max(1, expected), "neuron \(i)")
      }
    }
    #expect(shorterBefore > 20 && shorterAfter > 20, "\(shorterBefore) and \(shorterAfter)")
  }
}
