// autointerp
// Tests pages at their ends, and that what is said about a neuron depends on how much is known of it.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON
internal import Labels
internal import RunIndex
internal import TestSupport
internal import Testing

@testable import AgentTools

@Suite struct PageEdgeTests {
  private typealias Rig = RunToolsTests.Rig

  private static func neuron(_ layer: Int, _ index: Int) -> NeuronID { NeuronID(layer: layer, index: index) }

  /// Forty prompts. L0/N0 is massive and in all of them, as are four ordinary neurons of its layer; L1/N9 is in nine prompts,
  /// L1/N10 in ten, of which it is in one at the position before the last.
  private func rig() throws -> Rig {
    let rig = try Rig(SampleRun.specification())
    try SampleRun.merge(
      (0..<40).map { prompt in
        var sketch = GraphSketch()
        for index in 1...4 { sketch.add(Self.neuron(0, index)) }
        sketch.add(Self.neuron(0, 0), activation: 900)
        if prompt < 9 { sketch.add(Self.neuron(1, 9)) }
        if prompt < 10 { sketch.add(Self.neuron(1, 10)) }
        var delta = sketch.delta(prompt: Int32(prompt), origin: prompt % 2 == 0 ? .domain : .baseline)
        if prompt == 9, let place = delta.graph.neurons.index.firstIndex(of: 10) {
          delta.graph.neurons.position[place] = 1
        }
        return delta
      }, into: rig.atlas)
    return rig
  }

  @Test func theLastPageHasNoCursorEvenIfItIsFull() throws {
    let rig = try rig()
    let total = try #require(try rig.answer("search_neurons", ["limit": 1]).json["total"]?.integer)
    #expect(total == 6, "without the sink")
    #expect(try rig.answer("search_neurons", ["limit": .integer(total)]).json["next_cursor"] == .null)
    let first = try rig.answer("search_neurons", ["limit": 3])
    let cursor = try #require(first.json["next_cursor"])
    let second = try rig.answer("search_neurons", ["limit": 3, "cursor": cursor])
    #expect(second.json["neurons"]?.array?.count == 3 && second.json["next_cursor"] == .null)
  }

  @Test func evidenceIsThinBelowTenPrompts() throws {
    let rig = try rig()
    #expect(
      try rig.answer("get_neuron_profile", ["neuron": "L1/N9"]).text.contains(
        "thin evidence: L1/N9 was selected in only 9"))
    #expect(try !rig.answer("get_neuron_profile", ["neuron": "L1/N10"]).text.contains("thin evidence: L1/N10"))
  }

  @Test func theCaveatAboutTheLastPositionIsForNeuronsThatAreNowhereElse() throws {
    let rig = try rig()
    let caveat = "was selected only at the last position"
    #expect(try rig.answer("get_exemplars", ["neuron": "L1/N9"]).text.contains(caveat))
    #expect(try !rig.answer("get_exemplars", ["neuron": "L1/N10"]).text.contains(caveat))
  }

  /// All three tokens of the prompt are shown.
  @Test func nothingIsLeftOutWhereNothingIsCut() throws {
    let answer = try rig().answer("get_exemplars", ["neuron": "L1/N10", "limit": 50])
    let texts = (answer.json["exemplars"]?.array ?? []).compactMap { $0.object?["text"]?.string }
    #expect(texts.count == 10 && texts.count { $0 == "fever 7« is»" } == 9 && texts.contains("fever« 7» is"))
  }

  @Test func aSinkWithALabelIsFoundByItsWords() throws {
    let rig = try rig()
    let file = try LabelFile.writing(LabelFile.path(ofRun: rig.url.appending(path: "run.sqlite").path))
    _ = try file.add(
      [NeuronLabel(neuron: Self.neuron(0, 0), polarity: .both, text: "massive", source: "x")], now: 1)
    let found = try rig.answer("search_neurons", ["text": "massive"])
    #expect(found.json["total"] == 1 && found.json["neurons"]?.array?.first?.object?["is_sink"] == true)
    #expect(try rig.answer("search_neurons", ["layer": 0]).json["total"] == 4)
    #expect(try rig.answer("search_neurons", ["role": "sink"]).json["total"] == 1)
  }
}
