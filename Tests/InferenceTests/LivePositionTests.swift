// autointerp
// Tests masks, readings and direct effects where a position decides: live positions, first changed ones and the last.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference
import TestSupport
import Testing

@Suite struct LivePositionTests {
  private let tokens: [Int32] = [3, 49, 0, 7, 7, 21]
  private let backend = OpenBLASBackend()
  private let model: Transformer<OpenBLASBackend>
  private let trace: ForwardTrace<OpenBLASBackend>

  init() throws {
    model = Transformer(SmallModel.untied.checkpoint, backend: backend, storage: .resident)
    trace = try model.forward(tokens, on: backend)
  }

  private func worst(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? 1 }

  /// A listed neuron at a live position computes in a circuit and in its complement.
  @Test(arguments: [NeuronMask.Rest.live, .reference]) func livePositionsComputeListedOrNot(rest: NeuronMask.Rest)
    throws
  {
    let reference = model.layers.map { _ in [Float](repeating: 5, count: tokens.count * 40) }
    let other = NeuronPlace(layer: 1, position: 3, index: 7)
    let atLive = [NeuronPlace(layer: 0, position: 0, index: 3), NeuronPlace(layer: 2, position: 4, index: 9)]
    func logits(_ listed: [NeuronPlace], live: Set<Int>) throws -> [Float] {
      try model.logits(
        masks: [NeuronMask(listed, rest: rest, livePositions: live)], reference: reference, over: trace, on: backend)[0]
    }
    #expect(try logits(atLive + [other], live: [0, 4]) == logits([other], live: [0, 4]))
    #expect(try worst(logits(atLive + [other], live: []), logits([other], live: [])) > 1e-3)
    #expect(try worst(logits(atLive, live: Set(tokens.indices)), trace.logits) < TransformerTests.tolerance)
  }

  /// If all other neurons keep their values, the stream after layer `l` is the clean one, but for what the change writes and
  /// what attention makes of it. Setting every other neuron to its clean value gives the same.
  @Test(arguments: [1, 4]) func theDirectPathIsThatOfAllOthersHeld(first: Int) throws {
    let removal = Intervention(layer: 0, index: 5, position: first, operation: .set(3))
    let places = (first..<tokens.count).map { NeuronPlace(layer: 2, position: $0, index: 11) }
    let direct = try model.values(of: places, under: [removal], keepsOtherNeurons: true, over: trace, on: backend)
    var held = [removal]
    for position in tokens.indices {
      for index in 0..<40 {
        let value = trace.value(layer: 1, index: index, position: position, on: backend)
        held.append(Intervention(layer: 1, index: index, position: position, operation: .set(value)))
      }
    }
    for (place, value) in zip(places, direct) {
      // The reading is right if setting the neuron to it changes nothing.
      let fixed = Intervention(layer: 2, index: place.index, position: place.position, operation: .set(value))
      let moved = Intervention(layer: 2, index: place.index, position: place.position, operation: .set(value + 1))
      let found = try model.logits(under: [held, held + [fixed], held + [moved]], over: trace, on: backend)
      guard place.position == tokens.count - 1 else { continue }
      #expect(worst(found[0], found[1]) < TransformerTests.tolerance)
      #expect(worst(found[0], found[2]) > 1e-3)
    }
    let clean = places.map { trace.value(layer: 2, index: 11, position: $0.position, on: backend) }
    #expect(zip(direct, clean).contains { abs($0 - $1) > 1e-4 })
  }

  /// Many sets at once, on the oracle, whose buffers end where they end.
  @Test func directEffectsOfManySetsAreThoseOfEach() throws {
    let oracle = Float64Backend()
    let slow = Transformer(SmallModel.tied.checkpoint, backend: oracle, storage: .resident)
    let trace = try slow.forward(tokens, on: oracle)
    let last = tokens.count - 1
    let sets: [[Intervention]] =
      [[], [Intervention(layer: 0, index: 3, position: last, operation: .set(2))]]
      + (0..<4).map { layer in
        [
          Intervention(layer: layer % 3, index: 6, position: last, operation: .add(1)),
          Intervention(layer: layer % 3, index: 6, position: nil, operation: .scale(3)),
          Intervention(layer: 2, index: layer, position: last, operation: .set(1)),
        ]
      }
    func rows(_ sets: [[Intervention]]) throws -> [Float] {
      oracle.download(
        try slow.directRows(under: sets, over: trace, on: oracle), rows: sets.count,
        columns: slow.configuration.modelDimension)
    }
    #expect(try rows(sets) == sets.flatMap { try rows([$0]) })
    #expect(try Set(sets.map { try rows([$0]) }).count == sets.count)
  }

  @Test func onlyTheLastPositionHasADirectEffect() throws {
    func rows(_ set: [Intervention]) throws -> [Float] {
      backend.download(
        try model.directRows(under: [set], over: trace, on: backend), rows: 1,
        columns: model.configuration.modelDimension)
    }
    func change(_ position: Int?) -> Intervention {
      Intervention(layer: 1, index: 6, position: position, operation: .add(2))
    }
    let clean = try rows([])
    for position in 0..<tokens.count - 1 { #expect(try rows([change(position)]) == clean) }
    let last = try rows([change(tokens.count - 1)])
    #expect(last != clean)
    #expect(try rows([change(nil)]) == last)
    #expect(try rows([change(2), change(tokens.count - 1)]) == last)
  }
}
