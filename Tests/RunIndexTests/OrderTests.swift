// autointerp
// Tests the orders and bounds of what `RunIndex` lists: signs do not decide, equal ones have an order, and sinks can be asked for.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Knowledge
internal import TestSupport
internal import Testing

@testable import RunIndex

@Suite struct OrderTests {
  private static func neuron(_ layer: Int, _ index: Int) -> NeuronID { NeuronID(layer: layer, index: index) }
  private static let own = neuron(1, 7)

  /// Twenty prompts in turn from both groups. L1/N7 has the score and activation of `sizes`; L0/N0 is massive, in all prompts,
  /// and the source of an edge; L0/N(1 + prompt) is in one prompt.
  private func index(_ sizes: [Float]) throws -> (index: RunIndex, folder: RunIndexTests.Folder) {
    let folder = try RunIndexTests.Folder()
    let atlas = try SampleRun.write(to: folder.run, merging: 0..<0)
    try SampleRun.merge(
      (0..<20).map { prompt in
        var sketch = GraphSketch()
        if prompt < sizes.count { sketch.add(Self.own, activation: sizes[prompt]) }
        sketch.tokens[2] = prompt % 2 == 0 ? (13, " is") : (14, " was")
        for index in 1...4 { sketch.add(Self.neuron(0, 30 + index)) }
        sketch.add(Self.neuron(0, 1 + prompt))
        sketch.add(Self.neuron(0, 0), activation: 900)
        sketch.connect(.neuron(Self.neuron(0, 0)), .logit, flow: 0.5)
        return sketch.delta(prompt: Int32(prompt), origin: prompt % 2 == 0 ? .domain : .baseline)
      }, into: atlas)
    return (try RunIndex.open(folder.run), folder)
  }

  @Test(arguments: [ExemplarOrder.activation, .score]) func placesComeBySizeWhateverTheirSign(_ order: ExemplarOrder)
    throws
  {
    let index = try index([1, -3, 2, 3, -2, 0.5]).index
    let rows = try index.exemplars(of: Self.own, order: order, context: 0, limit: 10).rows
    #expect(rows.map(\.activation) == [-3, 3, 2, -2, 1, 0.5])
    #expect(rows.map(\.prompt) == [1, 3, 2, 4, 0, 5])
    let page = try index.exemplars(of: Self.own, order: order, context: 0, offset: 2, limit: 2)
    #expect(page.rows.map(\.prompt) == [2, 4] && page.total == 6)
  }

  @Test func tokensOfEqualFrequencyComeByTheSizeOfTheMean() throws {
    // " is" at even prompts with mean 1, " was" at odd ones with mean -4.
    let index = try index([1, -4, 1, -4]).index
    #expect(try index.tokens(of: Self.own, limit: 5).map(\.text) == [" was", " is"])
    #expect(try index.tokens(of: Self.own, limit: 1).map(\.meanActivation) == [-4])
  }

  @Test func aSinkThatWasAskedForIsShown() throws {
    let index = try index([1, 1]).index
    let sink = Self.neuron(0, 0)
    #expect(try index.sinks().all.map(\.neuron) == [sink])
    var search = EdgeSearch()
    search.includesSinks = false
    #expect(try index.edges(search, limit: 5).total == 0)
    search.sources = [.neuron(sink)]
    #expect(try index.edges(search, limit: 5).rows.map(\.prompts) == [20])
    search.sources = nil
    search.targets = [.logit(token: 20)]
    #expect(try index.edges(search, limit: 5).total == 0)
    search.includesSinks = true
    #expect(try index.edges(search, limit: 5).total == 1)
  }

  @Test(arguments: [(1, 25), (2, 6), (3, 6), (4, 5), (20, 5), (21, 0)]) func neuronsInExactlySoManyPromptsAreFound(
    fewest: Int, expected: Int
  ) throws {
    // L1/N7 in three; L0/N0 and four others in all; one of its own in each prompt, of which none is among these.
    let index = try index([1, 1, 1]).index
    var search = NeuronSearch()
    search.fewestPrompts = fewest
    let found = try index.neurons(search, limit: 100)
    #expect(found.total == expected + (fewest == 1 ? 1 : 0) && found.rows.allSatisfy { $0.prompts >= fewest })
  }

  /// Every neuron of this run is at the last position, where the metric is read; those of a metric read earlier are not.
  @Test func positionsOfTheMetricAreCounted() throws {
    let folder = try RunIndexTests.Folder()
    let atlas = try SampleRun.write(to: folder.run, merging: 0..<0)
    try SampleRun.merge(
      (0..<4).map { prompt in
        var sketch = GraphSketch()
        sketch.add(Self.own)
        var delta = sketch.delta(prompt: Int32(prompt), origin: .domain)
        if prompt == 3 { delta.graph.neurons.position = [1] }
        return delta
      }, into: atlas)
    let row = try #require(try RunIndex.open(folder.run).neurons([Self.own]).first)
    #expect(row.positions == 4 && row.lastPositions == 3)
  }

  @Test func aSingleCommonPromptIsListed() throws {
    let index = try index([1, 1, 1]).index
    let found = try index.cooccurrences(of: Self.own, includesSinks: true)
    #expect(Set(found.rows.filter { $0.prompts == 1 }.map(\.neuron.index)) == [1, 2, 3])
    #expect(found.rows.allSatisfy { $0.prompts > 0 })
    #expect(found.rows.contains { $0.neuron == Self.neuron(0, 0) })
    let without = try index.cooccurrences(of: Self.own, includesSinks: false)
    #expect(!without.rows.contains { $0.neuron == Self.neuron(0, 0) } && without.testCount == found.testCount)
  }

  /// Two ways of one strength: the one over the smaller neuron comes first.
  @Test(arguments: 1...3) func ofEqualChainsTheEarlierNodesComeFirst(limit: Int) throws {
    let (source, target) = (Endpoint.neuron(Self.neuron(0, 0)), Endpoint.logit(token: 20))
    let middle = [3, 1, 2].map { Endpoint.neuron(Self.neuron(1, $0)) }
    let search = ChainSearch(
      sources: [source], targets: [target], longest: 2, limit: limit, avoided: [],
      incoming: { node in
        node == target ? middle.map { (source: $0, share: 0.25) } : [(source: source, share: 0.5)]
      })
    let found = try search.ways(smallestShare: 0.1).ways
    #expect(found.map { $0.nodes[1] } == Array(middle.sorted().prefix(limit)))
  }
}
