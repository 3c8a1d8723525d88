// autointerp
// `PeakActivationsTests` tests what graphs say of all neurons: the strongest activations and the scores of layers.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct PeakActivationsTests {
  private static func peaks(_ rows: [(layer: Int32, index: Int32, position: Int32, activation: Float)])
    -> PeakActivations
  {
    var peaks = PeakActivations()
    peaks.layer = rows.map(\.layer)
    peaks.index = rows.map(\.index)
    peaks.position = rows.map(\.position)
    peaks.activation = rows.map(\.activation)
    return peaks
  }

  private static let sound: [(layer: Int32, index: Int32, position: Int32, activation: Float)] = [
    (0, 3, 2, 5), (0, 3, 1, -4), (0, 4, 1, -1), (2, 0, 2, 7),
  ]

  @Test func aNeuronIsListedOnceForBothSigns() throws {
    let peaks = Self.peaks(Self.sound)
    try peaks.validate(tokenCount: 3)
    #expect(
      peaks.neurons == [NeuronID(layer: 0, index: 3), NeuronID(layer: 0, index: 4), NeuronID(layer: 2, index: 0)])
    #expect(PeakActivations().neurons.isEmpty)
  }

  @Test(
    arguments: [
      [(0, 3, 3, 5)], [(-1, 3, 0, 5)], [(1 << 20, 3, 0, 5)], [(0, -1, 0, 5)], [(0, 3, -1, 5)], [(0, 3, 0, 0)],
      [(0, 3, 0, .nan)], [(0, 3, 0, .infinity)], [(0, 3, 0, 3e8)], [(0, 3, 0, -5), (0, 3, 1, 5)],
      [(0, 3, 0, 5), (0, 3, 1, 4)], [(0, 3, 0, -5), (0, 3, 1, -4)], [(0, 4, 0, 5), (0, 3, 0, 5)],
      [(1, 0, 0, 5), (0, 3, 0, 5)],
    ] as [[(layer: Int32, index: Int32, position: Int32, activation: Float)]])
  func brokenPeaksAreRefused(_ rows: [(layer: Int32, index: Int32, position: Int32, activation: Float)]) {
    #expect(throws: CircuitError.self) { try Self.peaks(rows).validate(tokenCount: 3) }
  }

  @Test func columnsOfUnequalLengthAreRefused() {
    for shorten: (inout PeakActivations) -> Void in [
      { $0.index.removeLast() }, { $0.position.removeLast() }, { $0.activation.removeLast() },
    ] {
      var peaks = Self.peaks(Self.sound)
      shorten(&peaks)
      #expect(throws: CircuitError.self) { try peaks.validate(tokenCount: 3) }
    }
  }

  @Test func brokenScoresOfLayersAreRefused() {
    var sound = Fixtures.delta()
    sound.graph.layerScores = [1, 0, 1]
    #expect(throws: Never.self) { try sound.validate() }
    for scores: [Float] in [[1, 1, -1], [1, 1, .nan], [1, 1, 3e8], [1]] {
      var delta = Fixtures.delta()
      delta.graph.layerScores = scores
      #expect(throws: CircuitError.self) { try delta.validate() }
    }
  }

  @Test func coverageIsThatOfTheSumsOfAllPromptsInAnyGrouping() throws {
    let deltas = (0..<12).map { Fixtures.randomDelta(prompt: $0) }
    var (all, selected) = ([Double](repeating: 0, count: 4), [Double](repeating: 0, count: 4))
    for graph in deltas.map(\.graph) {
      for layer in 0..<4 { all[layer] += Double(graph.layerScores[layer]) }
      for i in 0..<graph.neurons.count {
        selected[Int(graph.neurons.layer[i])] += Double(abs(graph.score(ofNeuron: i)))
      }
    }
    var (whole, left, right) = (EdgeAggregate(), EdgeAggregate(), EdgeAggregate())
    for delta in deltas { try whole.merge(delta) }
    for delta in deltas.prefix(5).reversed() { try left.merge(delta) }
    for delta in deltas.dropFirst(5) { try right.merge(delta) }
    try right.merge(left)
    let coverage = whole.totals.coverage
    #expect(right == whole && right.totals.coverage == coverage && coverage.prompts == 12)
    for layer in 0..<4 { #expect(abs((coverage.shares[layer] ?? -1) - selected[layer] / all[layer]) < 1e-6) }
    #expect(abs((coverage.share ?? -1) - selected.reduce(0, +) / all.reduce(0, +)) < 1e-6)
    #expect(coverage.thirds.map(\.layers) == [0...0, 1...1, 2...3])
    // Other graphs know nothing of their layers, and change nothing.
    var silent = Fixtures.randomDelta(prompt: 12)
    silent.graph.layerScores = []
    try whole.merge(silent)
    #expect(whole.totals.coverage == coverage)
    #expect(LayerCoverage().share == nil && LayerCoverage().thirdsText == nil)
  }

  @Test func activeNeuronsAreKeptByPromptAndDistinguishAggregates() throws {
    var aggregate = EdgeAggregate()
    let deltas = (0..<8).map { Fixtures.randomDelta(prompt: $0) }
    for delta in deltas { try aggregate.merge(delta) }
    for delta in deltas {
      #expect(aggregate.activeNeurons(inPrompt: delta.prompt) == delta.graph.peaks.neurons)
    }
    #expect(aggregate.knowsActiveNeurons)
    var (others, silent) = (EdgeAggregate(), EdgeAggregate())
    for var delta in deltas {
      delta.graph.peaks = delta.prompt == 3 ? Self.peaks([(0, 1, 0, 1)]) : delta.graph.peaks
      try others.merge(delta)
      delta.graph.peaks = PeakActivations()
      try silent.merge(delta)
    }
    #expect(others != aggregate && silent != aggregate && !silent.knowsActiveNeurons)
    // They are no nodes: nothing else changes.
    #expect(silent.neuronCount == aggregate.neuronCount && silent.edgeCount == aggregate.edgeCount)
  }
}
