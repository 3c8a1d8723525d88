// autointerp
// Tests comparisons where prompts repeat, sides are small or of unequal size, and neurons are at several positions or in everything.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Knowledge
internal import Platform
internal import RunIndex
internal import Testing

@testable import Reports

@Suite struct ComparisonEdgeTests {
  private static let neuron = NeuronID(1, 2)

  /// The index of a run whose graphs are changed before they are stored.
  private func index(_ run: TestRun, at path: String, changing change: (inout EdgeDelta) -> Void) throws -> RunIndex {
    let atlas = try RunAtlas(path: path, specification: run.specification, softwareVersion: "1", now: 1000)
    var batch = AtlasBatch()
    batch.deltas = run.prompts.indices.map { number in
      var delta = run.delta(number)
      change(&delta)
      let payload = delta.payload()
      return StoredDelta(
        prompt: Int32(number), attempt: 1, worker: "w", incarnation: 1, computeKernel: "Haswell",
        computeMilliseconds: 10, receivedAt: 2000, digest: Digest.of(payload), payload: payload)
    }
    _ = try atlas.commit(batch)
    try atlas.close()
    return try RunIndex.open(path)
  }

  /// A text that a run has twice is paired in the order of its prompts.
  @Test func repeatedTextsArePairedInOrder() throws {
    let folder = try TestRun.Folder()
    var a = TestRun.random(seed: 3, prompts: 24, neurons: 10)
    for place in [2, 7, 9] { a.prompts[place].text = "the same prompt is" }
    var b = a
    b.name = "test-other-4567"
    let comparison = try RunComparison(
      .runs(try a.index(at: folder.path("a.sqlite")), try b.index(at: folder.path("b.sqlite")), group: nil))
    #expect(comparison.isPaired && comparison.first.prompts == comparison.second.prompts)
    #expect(comparison.neuronTests.count == 0 && comparison.edges.allSatisfy { $0.flowChange == 0 })
  }

  @Test func aPartOfARunIsComparedWithItInPairs() throws {
    let folder = try TestRun.Folder()
    let a = TestRun.random(seed: 3, prompts: 60, neurons: 10)
    var b = a
    b.name = "test-other-4567"
    b.prompts.removeLast(35)
    let indexes = (try a.index(at: folder.path("a.sqlite")), try b.index(at: folder.path("b.sqlite")))
    let comparison = try RunComparison(.runs(indexes.0, indexes.1, group: nil))
    #expect(comparison.isPaired && comparison.leftOut == (35, 0) && comparison.first.prompts.count == 25)
    let reversed = try RunComparison(.runs(indexes.1, indexes.0, group: nil))
    #expect(reversed.isPaired && reversed.leftOut == (0, 35))
  }

  @Test(arguments: [(19, true), (20, false)]) func aSideOfFewPromptsIsNamed(count: Int, isNamed: Bool) throws {
    let folder = try TestRun.Folder()
    let run = TestRun.random(
      seed: 3, prompts: 40 + count, neurons: 10, group: { $0 < 40 ? .domain : .baseline })
    let comparison = try RunComparison(.groups(try run.index(at: folder.path("run.sqlite")), "domain", "baseline"))
    #expect(comparison.cautions.warnings.contains { $0.hasPrefix("baseline has only \(count) prompts") } == isNamed)
    #expect(!comparison.cautions.warnings.contains { $0.hasPrefix("domain has only") })
  }

  /// A has half of its prompts in the domain, B three quarters, and the other way round.
  @Test func theSharesOfGroupsAreToldOfTheSideThatHasThem() throws {
    let folder = try TestRun.Folder()
    func index(_ name: String, domain: Int) throws -> RunIndex {
      var run = TestRun.random(seed: 3, prompts: 40, neurons: 10, group: { $0 < domain ? .domain : .baseline })
      run.name = "test-\(name)-4567"
      for place in run.prompts.indices { run.prompts[place].text = "\(name) number \(place) is" }
      return try run.index(at: folder.path("\(name).sqlite"))
    }
    let (half, most) = (try index("half", domain: 20), try index("most", domain: 30))
    func told(_ a: RunIndex, _ b: RunIndex) throws -> [String] {
      try RunComparison(.runs(a, b, group: nil)).cautions.warnings.filter { $0.contains("belong to the group") }.map {
        $0.replacing(": --group compares one group at a time", with: "")
      }
    }
    #expect(
      try told(half, most) == [
        "50 % of the prompts of A but 25 % of B belong to the group \"baseline\"",
        "50 % of the prompts of A but 75 % of B belong to the group \"domain\"",
      ])
    #expect(
      try told(most, half) == [
        "25 % of the prompts of A but 50 % of B belong to the group \"baseline\"",
        "75 % of the prompts of A but 50 % of B belong to the group \"domain\"",
      ])
  }

  /// Names of any length have a column of their own.
  @Test func columnsAreAsWideAsTheNamesOfTheSides() throws {
    let folder = try TestRun.Folder()
    let long = try #require(PromptGroup(rawValue: "everyday-conversation"))
    let run = TestRun.random(
      seed: 3, prompts: 80, neurons: 10, group: { $0.isMultiple(of: 2) ? .domain : long },
      planted: { $0.isMultiple(of: 2) ? [Self.neuron] : [] })
    let index = try run.index(at: folder.path("run.sqlite"))
    for (first, second) in [("domain", long.rawValue), (long.rawValue, "domain")] {
      let lines = try RunComparison(.groups(index, first, second)).text(limit: 5).split(separator: "\n")
      let head = try #require(lines.first { $0.hasPrefix("  neuron ") })
      let row = try #require(lines.first { $0.hasPrefix("  \(Self.neuron) ") })
      for (title, value) in [("domain ", " 40/40"), ("\(long.rawValue) ", " 0/40")] {
        let above = try #require(head.ranges(of: " \(title)").first)
        let below = try #require(row.ranges(of: value).first)
        let (expected, found) = (
          head.distance(from: head.startIndex, to: above.lowerBound),
          row.distance(from: row.startIndex, to: below.lowerBound)
        )
        #expect(expected == found, "\(title)")
      }
    }
  }

  /// The neuron is at both positions of each prompt: it appears in as many prompts, with the sum of both scores.
  @Test func aNeuronAtTwoPositionsAppearsOnce() throws {
    let folder = try TestRun.Folder()
    var run = TestRun()
    run.prompts = (0..<60).map { number in
      TestRun.Prompt(
        group: number.isMultiple(of: 2) ? .domain : .baseline, text: "prompt \(number) is",
        neurons: number.isMultiple(of: 2) || number < 20 ? [(Self.neuron, Float(0.5))] : [])
    }
    let index = try index(run, at: folder.path("run.sqlite")) { delta in
      guard delta.graph.neurons.count == 1 else { return }
      for column in [\NeuronColumns.activation, \.gradient, \.relp, \.gradientScore, \.streamShare] {
        delta.graph.neurons[keyPath: column] += delta.graph.neurons[keyPath: column]
      }
      delta.graph.neurons.layer += delta.graph.neurons.layer
      delta.graph.neurons.index += delta.graph.neurons.index
      delta.graph.neurons.position = [0, 1]
      // The new node comes first, so that all numbers move up by one.
      delta.graph.edges.source = delta.graph.edges.source.map { $0 + 1 }
      delta.graph.edges.target = delta.graph.edges.target.map { $0 + 1 }
      delta.graph.counts.candidateNeurons = 2
    }
    let comparison = try RunComparison(.groups(index, "domain", "baseline"))
    let found = try #require(comparison.neurons.first)
    #expect(found.difference.table == FourfoldTable(Proportion(30, of: 30), Proportion(10, of: 30)))
    #expect(found.firstScore == 1 && found.secondScore == 1)
    #expect(
      found.difference.test?.pValue
        == ExactDistribution([StratumMargins(first: 30, second: 30, appearing: 40)]).twoSidedP(30))
  }

  /// L0/N1 is massive and in 37 and 38 of 40 prompts; ordinary neurons are in as many.
  @Test func sinksAreNotAmongTheLikeliest() throws {
    let folder = try TestRun.Folder()
    let (sink, other) = (NeuronID(0, 1), NeuronID(0, 2))
    let run = TestRun.random(
      seed: 4, prompts: 80, neurons: 40, group: { $0.isMultiple(of: 2) ? .domain : .baseline },
      planted: { $0 / 2 < ($0.isMultiple(of: 2) ? 36 : 37) ? [sink, other] : [] })
    let index = try index(run, at: folder.path("run.sqlite")) { delta in
      let neurons = delta.graph.neurons
      for i in 0..<neurons.count where (neurons.layer[i], neurons.index[i]) == (0, 1) {
        delta.graph.neurons.activation[i] = 900
      }
    }
    #expect(try index.sinks().all.map(\.neuron) == [sink])
    let comparison = try RunComparison(.groups(index, "domain", "baseline"))
    let likeliest = comparison.likeliestNeurons.map(\.neuron)
    #expect(comparison.neurons.contains { $0.neuron == sink && $0.isSink && $0.difference.test != nil })
    #expect(likeliest.contains(other) && !likeliest.contains(sink))
    #expect(
      comparison.edgesByFlow(limit: 10_000).allSatisfy { $0.source != .neuron(sink) && $0.target != .neuron(sink) })
  }
}
