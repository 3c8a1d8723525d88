// autointerp
// `PeakSelectionTests` tests which activations count as the strongest of a prompt, against a search of all of them.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import Platform
import TestSupport
import Testing

@testable import Attribution

@Suite struct PeakSelectionTests {
  private struct Candidate {
    var layer: Int
    var index: Int
    var position: Int
    var activation: Float
    var strength: Double
  }

  /// Every neuron's largest and smallest activation, strongest first.
  private static func candidates(_ layers: [[Float]], width: Int, start: Int) -> [Candidate] {
    layers.enumerated().flatMap { layer, values -> [Candidate] in
      let rows = values.count / width
      let later = values[(start * width)...].map(Double.init)
      let size = (later.map { $0 * $0 }.reduce(0, +) / Double(later.count)).squareRoot()
      return (0..<width).flatMap { index -> [Candidate] in
        let column = (start..<rows).map { (position: $0, value: values[$0 * width + index]) }
        return [column.max { $0.value < $1.value }, column.min { $0.value < $1.value }].enumerated().compactMap {
          sign, found in
          guard let value = found?.value, sign == 0 ? value > 0 : value < 0,
            let first = column.first(where: { $0.value == value })
          else { return nil }
          return Candidate(
            layer: layer, index: index, position: first.position, activation: value,
            strength: Double(abs(value)) / size)
        }
      }
    }.sorted { $0.strength > $1.strength }
  }

  @Test(arguments: [1, 5, 23, 200]) func takesTheStrongestOfAllNeurons(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    let (width, rows, start) = (13, 6, 2)
    let layers = (0..<4).map { layer in
      (0..<rows * width).map { _ in Float((random.unit() - 0.5) * Double(1 + 10 * layer)) }
    }
    let expected = Self.candidates(layers, width: width, start: start).prefix(count).sorted {
      ($0.layer, $0.index, -$0.activation) < ($1.layer, $1.index, -$1.activation)
    }
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
      var selection = PeakSelection(count: count, start: start)
      for layer in order { selection.take(layer: layer, width: width, activation: layers[layer]) }
      let found = selection.result()
      #expect(found.count == min(count, expected.count))
      #expect(found.layer.map(Int.init) == expected.map(\.layer))
      #expect(found.index.map(Int.init) == expected.map(\.index))
      #expect(found.position.map(Int.init) == expected.map(\.position))
      #expect(found.activation == expected.map(\.activation))
    }
  }

  @Test func withoutLaterPositionsThereAreNone() {
    for (start, values): (Int, [Float]) in [(2, [1, 2, 3, 4]), (5, [1, 2, 3, 4]), (1, [1, 2, 0, 0])] {
      var selection = PeakSelection(count: 10, start: start)
      selection.take(layer: 0, width: 2, activation: values)
      #expect(selection.result().count == 0)
    }
  }

  @Test func ofEqualOnesTheFirstPositionAndTheFirstNeuronCount() {
    var selection = PeakSelection(count: 2, start: 0)
    selection.take(layer: 1, width: 2, activation: [0, 3, 3, 3, -3, 0])
    selection.take(layer: 0, width: 2, activation: [0, 3, 3, 3, -3, 0])
    let found = selection.result()
    #expect(
      found.layer == [0, 0] && found.index == [0, 0] && found.position == [1, 2] && found.activation == [3, -3])
  }

  @Test func aGraphSaysWhatAllOfItsNeuronsDo() throws {
    let checkpoint = ConservationTests.models[0].checkpoint
    let backend = OpenBLASBackend(threadCount: 1)
    let transformer = Transformer(checkpoint, backend: backend, storage: .resident)
    let propagation = RelevancePropagation(transformer: transformer, backend: backend)
    var settings = AttributionSettings()
    settings.selection = .share(1)
    settings.maximumNodeCount = 0
    settings.verification = .none
    let tokens: [Int32] = [3, 1, 4, 1, 5]
    let silent = try propagation.graph(of: tokens, settings: settings)
    #expect(silent.peaks.count == 0)
    settings.peakCount = 7
    let graph = try propagation.graph(of: tokens, settings: settings, peakStart: 2)
    try graph.validate()
    // All neurons are selected, so that they carry everything.
    let coverage = LayerCoverage(graph)
    #expect(coverage.shares.count == checkpoint.configuration.layerCount)
    for share in coverage.shares { #expect(abs((share ?? 0) - 1) < 1e-5) }
    #expect(silent.layerScores == graph.layerScores)
    let width = checkpoint.configuration.feedForwardDimension
    let trace = try transformer.forward(tokens, on: backend)
    let layers = trace.layers.map { backend.download($0.activations, rows: tokens.count, columns: width) }
    let expected = Self.candidates(layers, width: width, start: 2).prefix(7)
    #expect(Set(graph.peaks.activation) == Set(expected.map(\.activation)))
    #expect(graph.peaks.position.allSatisfy { $0 >= 2 })
  }
}
