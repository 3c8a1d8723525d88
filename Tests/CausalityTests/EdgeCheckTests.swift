// autointerp
// Tests edges against interventions on small random models and on a planted circuit.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import TestSupport
import Testing

@testable import Causality

@Suite struct EdgeCheckTests {
  private let tokens: [Int32] = [3, 9, 0, 7, 7, 2]
  private let backend = OpenBLASBackend()

  /// Four layers, so that neurons lie between sources and targets.
  private var transformer: Transformer<OpenBLASBackend> {
    var configuration = ModelConfiguration.small()
    configuration.layerCount = 4
    let checkpoint = Checkpoint.random(configuration: configuration, seed: 5, standardDeviation: 0.25)
    return Transformer(checkpoint, backend: backend, storage: .resident)
  }

  @Test func fullReadingsAreThoseOfAWholePass() throws {
    let model = transformer
    let trace = try model.forward(tokens, on: backend)
    let removal = [Intervention(layer: 0, index: 3, position: 1, operation: .set(0))]
    let places = [
      NeuronPlace(layer: 1, position: 1, index: 4), NeuronPlace(layer: 3, position: 5, index: 7),
      NeuronPlace(layer: 3, position: 0, index: 7),
    ]
    let found = try model.values(of: places, under: removal, keepsOtherNeurons: false, over: trace, on: backend)
    // The effect of the target's own value on the logits tells what its value is: set it, and nothing may change.
    for (place, value) in zip(places, found) {
      let held =
        removal + [
          Intervention(layer: place.layer, index: place.index, position: place.position, operation: .set(value))
        ]
      let logits = try model.logits(under: [removal, held], over: trace, on: backend)
      #expect((zip(logits[0], logits[1]).map { abs($0 - $1) }.max() ?? 1) < 1e-5)
    }
    // Position 0 comes before the change.
    #expect(found[2] == trace.value(layer: 3, index: 7, position: 0, on: backend))
    #expect(found[1] != trace.value(layer: 3, index: 7, position: 5, on: backend))
  }

  @Test func theDirectPathDiffersOnlyIfNeuronsLieBetween() throws {
    let model = transformer
    let trace = try model.forward(tokens, on: backend)
    let removal = [Intervention(layer: 1, index: 3, position: 2, operation: .set(0))]
    let places = [NeuronPlace(layer: 2, position: 4, index: 4), NeuronPlace(layer: 3, position: 4, index: 4)]
    let full = try model.values(of: places, under: removal, keepsOtherNeurons: false, over: trace, on: backend)
    let direct = try model.values(of: places, under: removal, keepsOtherNeurons: true, over: trace, on: backend)
    #expect(abs(full[0] - direct[0]) < 1e-6)
    #expect(abs(full[1] - direct[1]) > 1e-6)
  }

  @Test func anEdgeWhoseTargetDoesNotChangeHasNoRightSign() throws {
    let cases: [(Float, Float, Float)] = [(1, 0, 1), (-1, 0, -1), (1, 1, 0), (-1, 1, 1)]
    let edges = cases.map { effect, direct, full in
      CheckedEdge(
        source: NeuronPlace(layer: 0, position: 1, index: 0), target: NeuronPlace(layer: 1, position: 1, index: 0),
        effect: effect, flow: effect, direct: direct, full: full)
    }
    let agreement = try #require(EdgeAgreement.byDistance(edges).first)
    #expect(agreement.directSigns == 0.25 && agreement.fullSigns == 0.5)
  }

  @Test func aPlantedEdgeIsConfirmed() throws {
    let model = Transformer(PlantedCircuit.checkpoint(), backend: backend, storage: .resident)
    let runner = InterventionRunner(transformer: model, backend: backend)
    let edges = try EdgeCheck(runner).check([5, 6, 0, 8], metric: .contrast(2, 3), count: 5)
    // The mapper writes so much that the final norm flattens its gradient: the inhibitor's edge carries more flow.
    let detector = NeuronPlace(layer: 0, position: 3, index: PlantedCircuit.detector(0))
    let mapper = NeuronPlace(layer: 1, position: 3, index: PlantedCircuit.mapper(0))
    let edge = try #require(edges.first { $0.source == detector && $0.target == mapper })
    #expect(edges.contains { $0.source == detector && $0.target.index == PlantedCircuit.inhibitor(0) })
    #expect(edge.direct > 0 && edge.effect > 0 && abs(edge.direct - edge.full) < 1e-3 * edge.full)
    // Without its only input the target is silent: its whole value is gone.
    let trace = try model.forward([5, 6, 0, 8], on: backend)
    let value = trace.value(layer: 1, index: PlantedCircuit.mapper(0), position: 3, on: backend)
    #expect(abs(edge.direct - value) < 0.02 * abs(value))
    #expect(EdgeAgreement.byDistance(edges).first?.distances == 1...1)
  }
}
