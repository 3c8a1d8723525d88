// autointerp
// `ResidualTests` tests that each conservation residual reveals the kind of fault for which it was made.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import TestSupport
import Testing

@testable import Attribution
@testable import Inference

@Suite struct ResidualTests {
  let backend = Float64Backend()
  let relevance: RelevancePropagation<Float64Backend>
  let trace: ForwardTrace<Float64Backend>
  let reading: MetricReading
  let settings = GradientTests.everything(.topLogits(count: 3), .relp)

  init() throws {
    relevance = RelevancePropagation(
      transformer: Transformer(ConservationTests.models[0].checkpoint, backend: backend, storage: .resident),
      backend: backend)
    trace = try relevance.transformer.forward(GradientTests.tokens, on: backend)
    reading = try relevance.reading(settings.metric, trace: trace)
  }

  static let rounding = 1e-6
  /// The least effect of a fault of a few percent in one number.
  static let fault = 1e-3

  private func nodes() throws -> NodeAttribution {
    try relevance.nodes(
      trace: trace, reading: reading, starts: relevance.starts(reading, trace: trace), settings: settings, progress: {})
  }

  private func edgeResidual(_ nodes: NodeAttribution) throws -> Double {
    try EdgeSweep(
      relevance, trace: trace, reading: reading, nodes: nodes, starts: relevance.starts(reading, trace: trace),
      settings: settings, scale: 1, tokenCount: trace.tokens.count
    ).run(progress: {}).residual
  }

  @Test func withoutAFaultAllAreRounding() throws {
    let nodes = try nodes()
    #expect(nodes.nodeTotalResidual < Self.rounding)
    #expect(nodes.layerCutResidual < Self.rounding)
    #expect(try edgeResidual(nodes) < Self.rounding)
  }

  /// Breaks the derivatives of one layer's neurons at the last position: attributions below no longer add up.
  @Test func aWrongFactorShowsInTheNodeTotalAndTheCuts() throws {
    let factors = trace.layers[1].factors
    for c in 0..<24 { factors.buffer.values[factors.offset + 6 * factors.stride + c] *= 1.5 }
    let nodes = try nodes()
    #expect(nodes.nodeTotalResidual > Self.fault)
    #expect(nodes.layerCutResidual > Self.fault)
  }

  /// Breaks the stream that bypasses one layer: only the cut there is wrong.
  @Test func aWrongLayerShowsInItsCut() throws {
    let middle = trace.layers[1].middle
    for c in 0..<32 { middle.buffer.values[middle.offset + 6 * middle.stride + c] *= 1.5 }
    let nodes = try nodes()
    #expect(nodes.layerCutResidual > Self.fault)
    #expect(nodes.nodeTotalResidual < Self.rounding)
  }

  @Test(arguments: [false, true]) func aWrongTargetShowsInTheDirectEffects(isFactor: Bool) throws {
    var nodes = try nodes()
    let strongest = nodes.neurons.activation.indices.filter { nodes.neurons.layer[$0] == 2 }
      .max { abs(nodes.neurons.activation[$0]) < abs(nodes.neurons.activation[$1]) }
    let target = try #require(strongest)
    if isFactor { nodes.upFactors[target] *= 1.5 } else { nodes.inverses[target] *= 1.5 }
    #expect(try edgeResidual(nodes) > Self.fault)
  }
}
