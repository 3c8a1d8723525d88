// autointerp
// `RunComparison` says which neurons and edges two runs, or two groups of one run, share, gained, lost or changed.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Knowledge
package import Labels
internal import RunIndex

/// The differences between a first and a second side.
///
/// Every neuron is tested for the number of prompts in which it was selected, and so is every edge for the number of prompts
/// that have it. Differences of mean scores and flows are shown without a test: flows have heavy tails, and a prompt that does
/// not have an edge says nothing about how strong it is.
package struct RunComparison: Sendable {
  package struct Neuron: Sendable {
    package let neuron: NeuronID
    package let difference: SideDifference
    /// In nearly every prompt whatever it is about, in either run.
    package let isSink: Bool
    /// The mean over the side's prompts with the neuron of its summed score; nil if there is none.
    package let firstScore: Double?
    package let secondScore: Double?
    /// Untrusted.
    package let label: String?
  }

  package struct Edge: Sendable {
    package let source: Endpoint
    package let target: Endpoint
    package let firstPrompts: Int
    package let secondPrompts: Int
    /// The flow of an average prompt of the side; a prompt without the edge counts as 0.
    package let firstFlow: Double
    package let secondFlow: Double
    /// Nil if too few or too many prompts have it to be tested.
    package let difference: SideDifference?
    /// One end is a sink.
    package let touchesSink: Bool
    /// An end is itself told apart, so that the edge follows from it.
    package let followsNeuron: Bool

    package var flowChange: Double { secondFlow - firstFlow }
  }

  /// How many things are in prompts of both sides, or of one only. Counts, not conclusions.
  package struct Overlap: Equatable, Sendable {
    package var both = 0
    package var onlyFirst = 0
    package var onlySecond = 0

    mutating func add(_ first: Int, _ second: Int) {
      if first > 0, second > 0 { both += 1 } else if first > 0 { onlyFirst += 1 } else { onlySecond += 1 }
    }
  }

  /// The tests of all neurons, or of all edges.
  package struct Tests: Sendable {
    package let count: Int
    package let findings: Int
    package let test: SideTest
    package let null: PermutationNull

    init(_ comparison: SideComparison) {
      count = comparison.testCount
      findings = comparison.findingCount
      test = comparison.test
      null = comparison.null
    }
  }

  package let first: ComparisonSide
  package let second: ComparisonSide
  /// Whether equal prompts were compared in pairs.
  package let isPaired: Bool
  /// Prompts of each side that were left out because the other side lacks them.
  package let leftOut: (first: Int, second: Int)
  package let isHalves: Bool
  package let cautions: ComparisonCautions
  /// Sorted by layer, then index.
  package let neurons: [Neuron]
  package let neuronOverlap: Overlap
  package let neuronTests: Tests
  /// Sorted by source, then target.
  package let edges: [Edge]
  package let edgeOverlap: Overlap
  package let edgeTests: Tests
  let tokenTexts: [Int32: String]

  /// Reads all graphs of both sides. Blocks.
  ///
  /// - Parameters:
  ///   - request: what to compare.
  ///   - labels: of both runs; the first file with a label of a neuron counts.
  /// - Throws: `ReportError`, and errors of the runs' files.
  /// - Complexity: O(edges of all prompts + rounds * appearances of tested edges)
  package init(_ request: ComparisonRequest, labels: [LabelFile] = []) throws {
    let sides = try ComparisonSides(request)
    let cautions = try ComparisonCautions(sides, request)
    let contents = try ComparedContents(sides)
    let design = ComparisonDesign(sides, isStratified: cautions.differInForm)
    let sinks = try sides.first.index.sinks().neurons.union(sides.second.index.sinks().neurons)

    let neuronOrder = contents.neurons.indices.sorted { contents.neurons[$0] < contents.neurons[$1] }
    let neuronResults = design.compare(neuronOrder.map { contents.neuronPlaces[$0] }, rounds: Self.neuronRounds)
    var overlap = Overlap()
    neurons = try zip(neuronOrder, neuronResults.differences).map { row, difference in
      let (neuron, table, sums) = (contents.neurons[row], difference.table, contents.scoreSums[row])
      overlap.add(table.first.count, table.second.count)
      func mean(_ sum: Double, _ count: Int) -> Double? { count > 0 ? sum / Double(count) : nil }
      return Neuron(
        neuron: neuron, difference: difference, isSink: sinks.contains(neuron),
        firstScore: mean(sums.x, table.first.count), secondScore: mean(sums.y, table.second.count),
        label: difference.isFinding ? try Self.label(of: neuron, in: labels) : nil)
    }
    neuronOverlap = overlap
    neuronTests = Tests(neuronResults)
    let different = Set(neurons.filter(\.difference.isFinding).map(\.neuron))

    let edgeOrder = contents.edges.indices.sorted { a, b in
      let (a, b) = (contents.edges[a], contents.edges[b])
      return a.source != b.source ? a.source < b.source : a.target < b.target
    }
    let counts = contents.edgePrompts.map { Int($0.x) + Int($0.y) }
    let testable = design.testable(among: Set(counts))
    let tested = edgeOrder.filter { testable.contains(counts[$0]) }
    let edgeResults = design.compare(contents.places(ofEdges: tested), rounds: Self.edgeRounds)
    let found = Dictionary(uniqueKeysWithValues: zip(tested, edgeResults.differences))
    overlap = Overlap()
    edges = edgeOrder.map { row in
      let (key, prompts, flows) = (contents.edges[row], contents.edgePrompts[row], contents.flowSums[row])
      overlap.add(Int(prompts.x), Int(prompts.y))
      let ends = [key.source, key.target].compactMap(\.neuron)
      return Edge(
        source: key.source, target: key.target, firstPrompts: Int(prompts.x), secondPrompts: Int(prompts.y),
        firstFlow: flows.x / Double(sides.first.prompts.count),
        secondFlow: flows.y / Double(sides.second.prompts.count), difference: found[row],
        touchesSink: ends.contains(where: sinks.contains), followsNeuron: ends.contains(where: different.contains))
    }
    edgeOverlap = overlap
    edgeTests = Tests(edgeResults)
    first = sides.first
    second = sides.second
    isPaired = sides.isPaired
    leftOut = sides.leftOut
    if case .halves = request { isHalves = true } else { isHalves = false }
    self.cautions = cautions
    tokenTexts = try sides.first.index.tokenTexts().merging(sides.second.index.tokenTexts()) { first, _ in first }
  }

  private static func label(of neuron: NeuronID, in files: [LabelFile]) throws -> String? {
    for file in files {
      if let label = try file.labels(of: neuron).first { return label.markedText }
    }
    return nil
  }

  /// Rounds of the permutation null. Edges are many, and twenty rounds show whether the method finds what is not there.
  private static let neuronRounds = PermutationNull.defaultRounds
  private static let edgeRounds = 20

  // MARK: Rankings

  /// The neurons with a change, the largest shrunken log odds first.
  package func neurons(_ change: SideDifference.Change) -> [Neuron] {
    neurons.filter { $0.difference.change == change }.sorted { a, b in
      Self.isBefore(a.difference, b.difference) ?? (a.neuron < b.neuron)
    }
  }

  /// The tested neurons that are no findings, those with the smallest p first.
  package var likeliestNeurons: [Neuron] {
    neurons.filter { $0.difference.test != nil && !$0.difference.isFinding && !$0.isSink }.sorted { a, b in
      let (p, q) = (a.difference.test?.pValue ?? 1, b.difference.test?.pValue ?? 1)
      return p != q ? p < q : Self.isBefore(a.difference, b.difference) ?? (a.neuron < b.neuron)
    }
  }

  /// The edges with a change, without those of sinks.
  package func edges(_ change: SideDifference.Change) -> [Edge] {
    edges.filter { $0.difference?.change == change && !$0.touchesSink }.sorted { a, b in
      guard let left = a.difference, let right = b.difference else { return false }
      return Self.isBefore(left, right) ?? ((a.source, a.target) < (b.source, b.target))
    }
  }

  /// The edges whose flow of an average prompt differs most, without those of sinks.
  package func edgesByFlow(limit: Int) -> [Edge] {
    Array(
      edges.filter { !$0.touchesSink && $0.flowChange != 0 }.sorted { a, b in
        abs(a.flowChange) != abs(b.flowChange)
          ? abs(a.flowChange) > abs(b.flowChange) : (a.source, a.target) < (b.source, b.target)
      }.prefix(limit))
  }

  /// Nil if both rank alike.
  private static func isBefore(_ a: SideDifference, _ b: SideDifference) -> Bool? {
    let (left, right) = (abs(a.shrunkenLogOdds), abs(b.shrunkenLogOdds))
    return left == right ? nil : left > right
  }
}
