// autointerp
// `RunComparisonTests` tests that `RunComparison` finds planted differences with the right figures, and none in random halves.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import Foundation
internal import JSON
internal import Knowledge
internal import Platform
internal import RunIndex
internal import Testing

@testable import Reports

@Suite struct RunComparisonTests {
  private static let lost = NeuronID(0, 1)
  private static let gained = NeuronID(1, 2)
  private static let changed = NeuronID(2, 3)
  private static let equal = NeuronID(3, 4)

  /// Prompts take turns between the groups; each planted neuron has known counts in them.
  private static func groups(noise: Int = 150) -> TestRun {
    TestRun.random(
      seed: 1, prompts: 120, neurons: noise,
      group: { $0.isMultiple(of: 2) ? .domain : .baseline },
      planted: { number in
        let (isDomain, place) = (number.isMultiple(of: 2), number / 2)
        var neurons: [NeuronID] = []
        if isDomain, place < 40 { neurons.append(lost) }
        if !isDomain, place < 35 { neurons.append(gained) }
        if isDomain ? place < 50 : place < 10 { neurons.append(changed) }
        if place.isMultiple(of: 2) { neurons.append(equal) }
        return neurons
      })
  }

  @Test func plantedDifferencesBetweenGroupsAreFoundWithTheirFigures() throws {
    let folder = try TestRun.Folder()
    let index = try Self.groups().index(at: folder.path("run.sqlite"))
    let comparison = try RunComparison(.groups(index, "domain", "baseline"))
    #expect(comparison.neurons(.lost).map(\.neuron) == [Self.lost])
    #expect(comparison.neurons(.gained).map(\.neuron) == [Self.gained])
    #expect(comparison.neurons(.changed).map(\.neuron) == [Self.changed])
    #expect(comparison.neurons(.shared).map(\.neuron).contains(Self.equal))
    #expect(comparison.neuronTests.test == .fisher && !comparison.isPaired)

    // Every figure is that of the table, and q-values are those of all tests.
    let byName = Dictionary(uniqueKeysWithValues: comparison.neurons.map { ($0.neuron, $0.difference) })
    let found = try #require(byName[Self.lost])
    #expect(found.table == FourfoldTable(Proportion(40, of: 60), Proportion(0, of: 60)))
    #expect(
      found.test?.pValue == ExactDistribution([StratumMargins(first: 60, second: 60, appearing: 40)]).twoSidedP(40))
    #expect(found.logOdds == found.table.logOdds && found.logOdds.value > 0)
    let tested = comparison.neurons.compactMap(\.difference.test)
    #expect(tested.map(\.qValue) == FalseDiscovery.qValues(tested.map(\.pValue)))
    #expect(comparison.neuronTests.count == tested.count && comparison.neuronTests.findings == 3)
    #expect(comparison.neuronTests.null.largest <= 3 && comparison.neuronTests.null.findings.count == 100)
  }

  /// Counts and flows against sums that are made here from the planted graphs.
  @Test func countsScoresAndFlowsAreThoseOfTheGraphs() throws {
    let folder = try TestRun.Folder()
    let run = Self.groups(noise: 20)
    let comparison = try RunComparison(.groups(try run.index(at: folder.path("run.sqlite")), "domain", "baseline"))
    var counts: [NeuronID: (Int, Int)] = [:]
    var flows: [String: (count: [Int], sum: [Double])] = [:]
    for (number, prompt) in run.prompts.enumerated() {
      let side = prompt.group == .domain ? 0 : 1
      for entry in prompt.neurons {
        if side == 0 {
          counts[entry.neuron, default: (0, 0)].0 += 1
        } else {
          counts[entry.neuron, default: (0, 0)].1 += 1
        }
      }
      let graph = run.delta(number).graph
      func name(_ node: Int32) -> String {
        if Int(node) < graph.neurons.count {
          return "\(graph.neurons.layer[Int(node)])_\(graph.neurons.index[Int(node)])"
        }
        return Int(node) < graph.neurons.count + 2 ? "E_1" : "L_3"
      }
      for edge in 0..<graph.edges.count {
        let key = "\(name(graph.edges.source[edge])) \(name(graph.edges.target[edge]))"
        var entry = flows[key] ?? ([0, 0], [0, 0])
        entry.count[side] += 1
        entry.sum[side] += Double(graph.edges.flow[edge])
        flows[key] = entry
      }
    }
    #expect(comparison.neurons.count == counts.count)
    for neuron in comparison.neurons {
      let expected = try #require(counts[neuron.neuron])
      #expect(neuron.difference.table.first.count == expected.0 && neuron.difference.table.second.count == expected.1)
    }
    #expect(comparison.edges.count == flows.count)
    for edge in comparison.edges {
      let expected = try #require(flows["\(edge.source) \(edge.target)"])
      #expect([edge.firstPrompts, edge.secondPrompts] == expected.count)
      #expect(abs(edge.firstFlow - expected.sum[0] / 60) < 1e-6 && abs(edge.secondFlow - expected.sum[1] / 60) < 1e-6)
    }
    let lost = try #require(comparison.neurons.first { $0.neuron == Self.lost })
    #expect(lost.firstScore == 0.5 && lost.secondScore == nil)
    let edge = try #require(
      comparison.edges(.lost).first { $0.source == .neuron(Self.lost) && $0.target == .logit(token: 3) })
    #expect(edge.firstPrompts == 40 && edge.secondPrompts == 0 && edge.followsNeuron)
  }

  @Test(arguments: 1...10)
  func randomHalvesGiveAtMostAHandful(seed: Int) throws {
    let folder = try TestRun.Folder()
    let index = try Self.groups().index(at: folder.path("run.sqlite"))
    let comparison = try RunComparison(.halves(index, seed: UInt64(seed)))
    #expect(comparison.neuronTests.findings <= 3 && comparison.edgeTests.findings <= 5)
    #expect(comparison.neuronTests.count > 100 && comparison.edgeTests.count > 100)
    #expect(
      comparison.first.prompts.count == 60 && Set(comparison.first.prompts).isDisjoint(with: comparison.second.prompts))
    #expect(comparison.text(limit: 5).contains("every finding below is chance"))
  }

  /// The same prompts with the groups' names given out at random.
  @Test(arguments: 1...5)
  func shuffledGroupsGiveAtMostAHandful(seed: Int) throws {
    let folder = try TestRun.Folder()
    var run = Self.groups()
    var (random, groups) = (SeededRandom(seed: UInt64(seed)), run.prompts.map(\.group))
    for last in stride(from: groups.count - 1, to: 0, by: -1) { groups.swapAt(last, random.integer(in: 0...last)) }
    for place in groups.indices { run.prompts[place].group = groups[place] }
    let comparison = try RunComparison(.groups(try run.index(at: folder.path("run.sqlite")), "domain", "baseline"))
    #expect(comparison.neuronTests.findings <= 3 && comparison.edgeTests.findings <= 5)
  }

  // MARK: Two runs

  @Test func equalPromptsAreComparedInPairsWhateverTheirOrder() throws {
    let folder = try TestRun.Folder()
    let before = TestRun.random(seed: 5, prompts: 60, neurons: 80)
    var after = before
    after.name = "test-other-4567"
    after.fingerprint = "beef"
    for place in after.prompts.indices where place < 30 {
      after.prompts[place].neurons.insert((Self.lost, 0.5), at: 0)
      after.prompts[place].neurons.sort { $0.neuron < $1.neuron }
    }
    after.prompts.reverse()
    after.prompts.append(TestRun.Prompt(text: "one more is"))
    let comparison = try RunComparison(
      .runs(try before.index(at: folder.path("a.sqlite")), try after.index(at: folder.path("b.sqlite")), group: nil))
    #expect(comparison.isPaired && comparison.neuronTests.test == .mcnemar)
    #expect(comparison.leftOut == (0, 1) && comparison.second.prompts.count == 60)
    // Of all others nothing differs, so that only one neuron has discordant pairs.
    #expect(comparison.neuronTests.count == 1)
    let gained = try #require(comparison.neurons(.gained).first)
    #expect(gained.neuron == Self.lost && gained.difference.onlyFirst == 0 && gained.difference.onlySecond == 30)
    let p = try #require(gained.difference.test?.pValue)
    #expect(abs(p - 2 * exp2(-30)) < 1e-15)
    #expect(comparison.cautions.differing.count == 1 && comparison.cautions.differing[0].hasPrefix("the model"))
    let text = comparison.text(limit: 3)
    #expect(text.contains("Paired: the same 60 prompts") && text.contains("What differs: the model (tiny, tiny)."))
    // All others are in exactly the same prompts.
    #expect(comparison.neurons(.shared).count == comparison.neurons.count - 1)
    #expect(
      comparison.edgesByFlow(limit: 100).allSatisfy {
        $0.source == .neuron(Self.lost) || $0.target == .neuron(Self.lost)
      })
  }

  /// If the domain is the same and the baseline is another, pairs would leave out what differs.
  @Test func runsThatShareOnlyAPartAreNotComparedInPairs() throws {
    let folder = try TestRun.Folder()
    let a = TestRun.random(seed: 5, prompts: 60, neurons: 30, group: { $0.isMultiple(of: 2) ? .domain : .baseline })
    var b = a
    for place in b.prompts.indices where b.prompts[place].group == .baseline { b.prompts[place].text += " not" }
    let indexes = (try a.index(at: folder.path("a.sqlite")), try b.index(at: folder.path("b.sqlite")))
    let all = try RunComparison(.runs(indexes.0, indexes.1, group: nil))
    #expect(!all.isPaired && all.first.prompts.count == 60)
    #expect(all.cautions.warnings.contains { $0.hasPrefix("30 prompts are in both runs") })
    let domain = try RunComparison(.runs(indexes.0, indexes.1, group: "domain"))
    #expect(domain.isPaired && domain.first.prompts.count == 30 && domain.neuronTests.count == 0)
    #expect(domain.text(limit: 3).contains("Nothing could be tested"))
    #expect(throws: ReportError.self) { try RunComparison(.runs(indexes.0, indexes.1, group: "control")) }
  }

  @Test func everythingThatDiffersBesidesIsSaid() throws {
    let folder = try TestRun.Folder()
    let a = TestRun.random(seed: 5, prompts: 40, neurons: 20)
    var b = TestRun.random(seed: 6, prompts: 40, neurons: 20)
    b.name = "test-other-4567"
    b.settings.rule = .relp
    b.settings.selection = .top(50)
    b.settings.metric = .topLogits(count: 5)
    b.template = TemplateSpecification(name: "chatml", system: "")
    b.fingerprint = "beef"
    for place in b.prompts.indices { b.prompts[place].text = "other \(place) is" }
    let index = try a.index(at: folder.path("a.sqlite"))
    let comparison = try RunComparison(
      .runs(index, try b.index(at: folder.path("b.sqlite"), merged: 30), group: nil))
    #expect(!comparison.isPaired)
    let text = comparison.text(limit: 3).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for words in [
      "the models differ", "the templates differ", "the metrics differ", "the rules differ", "select differs",
      "things differ at once", "B is unfinished: 30 of 40 prompts are merged", "the prompts",
    ] {
      #expect(text.contains(words), "\(words)")
    }
    #expect(throws: ReportError.sameFile(index.path)) { try RunComparison(.runs(index, index, group: nil)) }
    #expect(throws: ReportError.self) { try RunComparison(.groups(index, "domain", "control")) }
    #expect(throws: ReportError.sameGroup("domain")) { try RunComparison(.groups(index, "domain", "domain")) }
  }

  @Test func modelsOfOtherShapesAreRefusedAndOtherTokenizersNamed() throws {
    let folder = try TestRun.Folder()
    func index(_ name: String, layers: Int, tokenizer: String) throws -> RunIndex {
      var run = TestRun.random(seed: 5, prompts: 40, neurons: 20)
      run.card = ModelCard(
        layerCount: layers, neuronCount: 1536, vocabularySize: 4, tokenizer: tokenizer, texts: ["a", "b", "c", "d"])
      return try run.index(at: folder.path(name))
    }
    let base = try index("a.sqlite", layers: 30, tokenizer: "x")
    #expect(
      throws: ReportError.otherArchitecture(
        first: "tiny: 30 layers of 1536 neurons", second: "tiny: 24 layers of 1536 neurons")
    ) {
      try RunComparison(.runs(base, try index("b.sqlite", layers: 24, tokenizer: "x"), group: nil))
    }
    let other = try RunComparison(.runs(base, try index("c.sqlite", layers: 30, tokenizer: "y"), group: nil))
    #expect(other.cautions.warnings.contains { $0.hasPrefix("the tokenizers differ") })
    let equal = try RunComparison(.runs(base, try index("d.sqlite", layers: 30, tokenizer: "x"), group: nil))
    #expect(equal.cautions.warnings.isEmpty && equal.cautions.differing.isEmpty)
  }

  @Test func formThatDiffersIsStratifiedAndNamed() throws {
    let folder = try TestRun.Folder()
    var run = TestRun()
    // The neuron follows the ending, and the first group ends mostly with a word, the second with a full stop.
    run.prompts = (0..<200).map { number in
      let isDomain = number.isMultiple(of: 2)
      let endsWithWord = number % 10 < (isDomain ? 8 : 3)
      return TestRun.Prompt(
        group: isDomain ? .domain : .baseline, text: "prompt \(number) goes to\(endsWithWord ? " the" : " it.")",
        neurons: endsWithWord && number % 11 != 0 ? [(Self.lost, Float(0.5))] : [])
    }
    let comparison = try RunComparison(.groups(try run.index(at: folder.path("run.sqlite")), "domain", "baseline"))
    #expect(comparison.neuronTests.test == .stratified)
    let neuron = try #require(comparison.neurons.first?.difference)
    #expect(try #require(neuron.crude).qValue < 0.001 && neuron.change != .changed)
    #expect(comparison.cautions.warnings.contains { $0.contains("looks specific to a group") })
  }

  // MARK: Output

  @Test func jsonHasTheFiguresOfTheComparison() throws {
    let folder = try TestRun.Folder()
    let index = try Self.groups().index(at: folder.path("run.sqlite"))
    let comparison = try RunComparison(.groups(index, "domain", "baseline"))
    let json = try #require(try JSONValue(parsing: comparison.json(limit: 5)).object)
    #expect(json["schema"]?.string == "autointerp.comparison/1" && json["paired"]?.boolean == false)
    let lost = try #require(json["neurons"]?.object?["lost"]?.array?.first?.object)
    #expect(lost["neuron_id"]?.string == "L0/N1" && lost["change"]?.string == "lost")
    #expect(lost["first"]?.object?["prompts"]?.integer == 40 && lost["second"]?.object?["of"]?.integer == 60)
    #expect(try #require(lost["log_odds"]?.number) > 0)
    #expect(json["neurons"]?.object?["findings"]?.integer == 3)
    let edges = try #require(json["edges"]?.object)
    #expect(edges["flow_differences"]?.array?.count == 5)
    #expect(edges["in_both"]?.integer == comparison.edgeOverlap.both)
  }

  @Test func textNamesTheSideThatHasMore() throws {
    let folder = try TestRun.Folder()
    let index = try Self.groups().index(at: folder.path("run.sqlite"))
    let text = try RunComparison(.groups(index, "domain", "baseline")).text(limit: 5)
    #expect(text.contains("Lost: in domain only (1)") && text.contains("Gained: in baseline only (1)"))
    let lines = text.split(separator: "\n")
    #expect(try #require(lines.first { $0.hasPrefix("  L0/N1 ") }).contains("in domain"))
    #expect(try #require(lines.first { $0.hasPrefix("  L1/N2 ") }).contains("in baseline"))
    #expect(text.contains("no test is valid") && !text.contains("What differs"))
    #expect(OddsText.text(Estimate(stored: -2, error: 0.5), "A", "B") == "x7.4 (2.8 to 20) in B")
    #expect(OddsText.text(Estimate(stored: 0.1, error: 1), "A", "B") == "x1.1 (0.2 to 7.8) in A")
  }
}
