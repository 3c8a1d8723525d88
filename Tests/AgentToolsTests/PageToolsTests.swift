// autointerp
// `PageToolsTests` tests what only the page asks for, against what the sample run is known to hold.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import JSON
internal import RunIndex
internal import TestSupport
internal import Testing

@testable import AgentTools

@Suite struct PageToolsTests {
  private static func answer(_ rig: RunToolsTests.Rig, _ tool: Tool, _ arguments: JSONObject) throws -> JSONObject {
    let live = LiveIndex(path: rig.url.appending(path: "run.sqlite").path)
    let json = try rig.tools.answer(tool, arguments, live.snapshot(), .detached).json
    #expect(SchemaCheck.problems(.object(json), tool.description.output) == [])
    return json
  }

  @Test func theOverviewCountsWhatTheRunHas() throws {
    let json = try Self.answer(try RunToolsTests.Rig(), .overview, [:])
    // L0/N1, L1/N2, L2/N3 and one of layer 3 for each prompt.
    #expect(json["neurons"] == 43)
    let layers = json["layers"]?.array?.compactMap { $0.object?["neurons"]?.integer }
    #expect(layers == [1, 1, 1, 40])
    let roles = json["roles"]?.array?.compactMap { $0.object?["neurons"]?.integer } ?? []
    #expect(roles.reduce(0, +) == 43)
    #expect(json["has_labels"] == false && json["has_model"] == false)
  }

  @Test func promptsAreFoundByTheirText() throws {
    let rig = try RunToolsTests.Rig(merging: 0..<38)
    let all = try Self.answer(rig, .listPrompts, ["limit": 3])
    #expect(all["total"] == 40 && all["prompts"]?.array?.count == 3)
    let first = try #require(all["prompts"]?.array?.first?.object)
    #expect(first["prediction"] == " high" && first["is_merged"] == true)
    let found = try Self.answer(rig, .listPrompts, ["text": "RIVER 39"])
    #expect(found["total"] == 1)
    let last = try #require(found["prompts"]?.array?.first?.object)
    #expect(last["prompt"] == 39 && last["is_merged"] == false && last["prediction"] == .null)
    #expect(try Self.answer(rig, .listPrompts, ["group": "baseline", "limit": 1])["total"] == 20)
    // Signs that mean something in SQL's LIKE are plain text here.
    #expect(try Self.answer(rig, .listPrompts, ["text": "%"])["total"] == 0)
    let next = try #require(all["next_cursor"])
    let second = try Self.answer(rig, .listPrompts, ["limit": 3, "cursor": next])
    #expect(second["prompts"]?.array?.first?.object?["prompt"] == 3)
  }

  @Test func snippetsHaveTheActivationAtItsToken() throws {
    let rig = try RunToolsTests.Rig()
    let json = try Self.answer(rig, .snippets, ["neuron": "L0/N1", "limit": 2])
    #expect(json["total"] == 20)
    let first = try #require(json["snippets"]?.array?.first?.object)
    // Its activation grows with the number of the prompt; the last prompt of the domain is 38.
    #expect(first["prompt"] == 38 && first["peak"] == 2 && first["length"] == 3)
    #expect(first["tokens"] == ["fever", " 7", " is"])
    #expect(first["activations"] == [.null, .null, .number(Double(Float(2.38)).significant)])
    #expect(try Self.answer(rig, .snippets, ["neuron": "L0/N1", "sign": "negative"])["total"] == 0)
    #expect(try Self.answer(rig, .snippets, ["neuron": "L2/N3", "sign": "negative"])["total"] == 14)
  }

  @Test func theHistogramCountsEveryPlaceOnce() throws {
    let json = try Self.answer(try RunToolsTests.Rig(), .activations, ["neuron": "L0/N1", "bins": 4])
    let groups = json["histogram"]?.array?.compactMap(\.object) ?? []
    #expect(groups.count == 1 && groups[0]["group"] == "domain")
    let counts = groups[0]["counts"]?.array?.compactMap(\.integer) ?? []
    #expect(counts == [5, 5, 5, 5])
    let removed = try Self.answer(try RunToolsTests.Rig(), .activations, ["neuron": "L2/N3"])
    let removals = removed["removals"]?.array?.compactMap(\.object) ?? []
    #expect(removals.count == 14)
    #expect(removals.allSatisfy { $0["contribution"] == 0.5 && $0["score"] == 0.5 && $0["is_random"] == true })
  }

  @Test(arguments: [([], 3), ([1], 1), ([0, 0.4, 0.6, 1, 1], 2), ([-2, -2, -2], 4)] as [([Double], Int)])
  func binsHoldAllValues(values: [Double], bins: Int) {
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    let counts = Tool.histogram(values, from: low, to: high, bins: bins)
    #expect(counts.count == bins && counts.reduce(0, +) == values.count)
    if values.count == 5 { #expect(counts == [2, 3]) }
  }

  @Test func aPictureHasTheWholeGraph() throws {
    let json = try Self.answer(try RunToolsTests.Rig(), .graphPicture, ["prompt": 0])
    let neurons = try #require(json["neurons"]?.object)
    #expect(
      neurons["layer"] == [0, 1, 2, 3] && neurons["index"] == [1, 2, 3, 0] && neurons["position"] == [2, 2, 2, 2])
    #expect(neurons["contribution"] == [.null, .null, 0.5, .null])
    #expect(neurons["trust"]?.array?[2] == "exact" && neurons["is_sink"] == [false, false, false, false])
    #expect(json["tokens"]?.array?.count == 3 && json["predictions"]?.array?.count == 1 && json["has_metric"] == true)
    let graph = SampleRun.delta(0).graph
    let edges = try #require(json["edges"]?.object)
    #expect(edges["source"]?.array?.compactMap(\.integer) == graph.edges.source.map { Int($0) })
    #expect(edges["target"]?.array?.compactMap(\.integer) == graph.edges.target.map { Int($0) })
    #expect(json["edges_in_all"]?.integer == graph.edges.count)
  }

  @Test(arguments: 1...4, [1, 3, 20])
  func aCutPictureHasTheStrongestAndEdgesBetweenThem(nodes: Int, edges: Int) throws {
    let delta = SampleRun.delta(0)
    let graph = delta.graph
    let picture = GraphPicture(delta, maximumNeurons: nodes, maximumEdges: edges)
    // By brute force: every neuron that is left out is no stronger than any that is shown.
    let shown = Set(picture.neurons)
    #expect(picture.neurons.count == min(nodes, graph.neurons.count) && picture.neurons == picture.neurons.sorted())
    for out in 0..<graph.neurons.count where !shown.contains(out) {
      #expect(shown.allSatisfy { abs(graph.score(ofNeuron: $0)) >= abs(graph.score(ofNeuron: out)) })
    }
    let json = picture.json(trust: graph.trust(nil), roles: picture.neurons.map { _ in "mixed" })
    let columns = try #require(json["edges"]?.object)
    let possible = (0..<graph.edges.count).filter { edge in
      [graph.edges.source[edge], graph.edges.target[edge]].allSatisfy {
        Int($0) >= graph.neurons.count || shown.contains(Int($0))
      }
    }
    #expect(picture.edges.count == min(edges, possible.count))
    // Numbers in the picture name the same ends as in the graph.
    for (place, edge) in picture.edges.enumerated() {
      for (column, node) in [("source", Int(graph.edges.source[edge])), ("target", Int(graph.edges.target[edge]))] {
        let number = try #require(columns[column]?.array?[place].integer)
        let expected =
          node < graph.neurons.count
          ? picture.neurons.firstIndex(of: node) : picture.neurons.count + node - graph.neurons.count
        #expect(number == expected)
      }
    }
  }

  @Test func onlySoManyWait() async {
    let turns = Turns(atOnce: 1, waiting: 1)
    #expect(await turns.take())
    let second = Task { await turns.take() }
    // The second waits now or soon; a third is refused as soon as it does.
    while await turns.waitingCount == 0 { await Task.yield() }
    #expect(await !turns.take())
    await turns.give()
    #expect(await second.value)
    await turns.give()
    #expect(await turns.take())
  }
}
