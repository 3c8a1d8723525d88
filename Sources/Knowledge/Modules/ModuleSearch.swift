// autointerp
// `ModuleSearch` finds groups of neurons that work together, and compares them with what chance finds in the same run.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Platform

/// The search for modules.
///
/// 1. Two neurons are linked if they are selected in the same prompts more often than chance explains within prompts of one
///    group, ending and length (q < 0.05), and in prompts of three families of near-duplicates. Without that, neurons that answer to a last word would be the modules: a prompt that
///    ends with "called" selects other neurons than one that ends with "is", whatever it is about.
/// 2. A link weighs its correlation within these strata plus the similarity of the two attribution profiles. Similarity alone
///    links nobody: neurons that are never together have profiles over different neighbours, which cannot be compared.
/// 3. The Leiden algorithm divides the linked neurons; clusters of at least three are modules.
/// 4. Chance: the same search over shuffled selections, in which every neuron keeps its prompts of each stratum by number, and
///    every prompt its number of neurons. A module is believed if it is stronger than the strongest cluster of each of 95 % of
///    these rounds. Beside it stand modularity against rewired graphs, and what both halves of the prompts find.
package struct ModuleSearch: Sendable {
  /// What is known about each prompt of the table.
  package struct Prompt: Sendable {
    package var number: Int32
    package var group: String
    /// A coarse form, within which groups are compared.
    package var form: Int
    /// How it ends.
    package var ending: String

    package init(number: Int32, group: String, form: Int, ending: String) {
      self.number = number
      self.group = group
      self.form = form
      self.ending = ending
    }
  }

  /// Neurons that were left out of the table.
  package struct LeftOut: Sendable {
    package var sinks: [NeuronID] = []
    package var rare = 0
    package var cut = 0
    package var prompts = 0
    package init() {}
  }

  /// Linked neurons and their clusters.
  struct Clusters {
    var graph: WeightedGraph
    /// Of each edge of the graph.
    var correlations: [Double]
    var similarities: [Double]
    /// Those with enough members: rows, ascending.
    var modules: [[Int]]
    /// Of all linked rows, by the graph's nodes.
    var membership: [Int]
    /// The row of each node of the graph.
    var rows: [Int]

    /// The correlations within each module together.
    var strengths: [Double] {
      var numbers: [Int: Int] = [:]
      for (number, module) in modules.enumerated() { for row in module { numbers[row] = number } }
      var sums = Array(repeating: 0.0, count: modules.count)
      for (edge, correlation) in zip(graph.edges, correlations) {
        if let number = numbers[rows[edge.first]], number == numbers[rows[edge.second]] { sums[number] += correlation }
      }
      return sums
    }
  }

  let table: SelectionTable
  let prompts: [Prompt]
  let profiles: FlowProfiles
  let settings: ModuleSettings
  let leftOut: LeftOut
  /// Of tokens, for what modules share.
  let texts: [Int32: String]
  /// Nil if roles are not asked for.
  let roles: RoleObservations?

  /// - Parameters:
  ///   - table: without sinks; its strata are group and form.
  ///   - prompts: of the table, in its order.
  ///   - profiles: of the table's neurons, with the prompts of `table.halves()` in their halves.
  ///   - settings: how to search.
  ///   - leftOut: what the table lacks, for the findings.
  ///   - texts: of tokens.
  ///   - roles: of the table's neurons; without them, nothing is said about roles.
  package init(
    table: SelectionTable, prompts: [Prompt], profiles: FlowProfiles, settings: ModuleSettings, leftOut: LeftOut,
    texts: [Int32: String], roles: RoleObservations? = nil
  ) {
    precondition(table.promptCount == prompts.count && table.neurons == profiles.neurons)
    self.table = table
    self.prompts = prompts
    self.profiles = profiles
    self.settings = settings
    self.leftOut = leftOut
    self.texts = texts
    self.roles = roles
  }

  /// Searches. The library is loaded if there is something to cluster.
  ///
  /// - Throws: `ModuleError` from `clustering`.
  /// - Complexity: O(rounds * neurons squared * prompts / 64)
  package func findings(
    clustering: () throws(ModuleError) -> LeidenClustering = { () throws(ModuleError) in try LeidenClustering() }
  ) throws(ModuleError) -> ModuleFindings {
    let test = PairAssociations(table)
    let links = test.links(in: table)
    var leiden = links.isEmpty ? nil : try clustering()
    let found = try clusters(links, profiles.similarities(of: links.map { ($0.first, $0.second) }, .both), leiden)
    var (linkCounts, strongest): ([Double], [Double]) = ([], [])
    for round in 0..<settings.shuffles {
      let shuffled = test.links(in: table.shuffled(seed: settings.seed &+ UInt64(round) &* 0x9E37_79B9))
      linkCounts.append(Double(shuffled.count))
      if leiden == nil, !shuffled.isEmpty { leiden = try clustering() }
      let chance = try clusters(shuffled, Array(repeating: 0, count: shuffled.count), leiden)
      strongest.append(chance.strengths.max() ?? 0)
    }
    let halves = links.isEmpty ? [] : try halfClusters(leiden, links.count)
    var findings = ModuleFindings(
      settings: settings, prompts: table.promptCount, cutPrompts: leftOut.prompts,
      lonePrompts: table.promptCount - table.withoutLonePrompts.promptCount,
      families: Set(table.families).count, strata: table.stratumSizes.count { $0 > 0 }, neurons: table.neurons.count,
      sinks: leftOut.sinks.sorted().map { "\($0)" },
      rareNeurons: leftOut.rare, cutNeurons: leftOut.cut, tests: test.testCount,
      links: AgainstChance(Double(links.count), random: linkCounts), linkedNeurons: found.rows.count,
      modularity: links.isEmpty ? nil : try modularity(of: found, leiden), halvesAgreement: nil, halvesNeurons: 0,
      unlinkedSimilarity: nil, linkedSimilarity: nil, modules: [], motifs: nil, roles: nil)
    (findings.halvesAgreement, findings.halvesNeurons) = agreement(of: halves)
    if !links.isEmpty {
      findings.linkedSimilarity = found.similarities.reduce(0, +) / Double(links.count)
      findings.unlinkedSimilarity = unlinkedSimilarity(beside: links)
    }
    findings.modules = modules(of: found, strongest: strongest, halves: halves)
    findings.roles = roleConstancy(findings.believed)
    findings.motifs = MotifCensus(table: table, profiles: profiles, rounds: settings.rewirings, seed: settings.seed)
    return findings
  }

  // MARK: Clusters

  /// The clusters of linked neurons; without links there are none.
  func clusters(
    _ links: [PairLink], _ similarities: [Double], _ leiden: LeidenClustering?
  ) throws(ModuleError) -> Clusters {
    let rows = Set(links.flatMap { [$0.first, $0.second] }).sorted()
    let nodes = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1, $0) })
    let graph = WeightedGraph(
      nodeCount: rows.count,
      edges: zip(links, similarities).map { link, similarity in
        .init(
          first: nodes[link.first] ?? 0, second: nodes[link.second] ?? 0, weight: link.correlation + similarity)
      })
    var membership: [Int] = []
    if let leiden {
      membership = try leiden.membership(of: graph, resolution: settings.resolution, seed: settings.seed)
    }
    var members: [[Int]] = Array(repeating: [], count: (membership.max() ?? -1) + 1)
    for (node, cluster) in membership.enumerated() { members[cluster].append(rows[node]) }
    return Clusters(
      graph: graph, correlations: links.map(\.correlation), similarities: similarities,
      modules: members.filter { $0.count >= settings.fewestMembers }, membership: membership, rows: rows)
  }

  /// The clusters of both halves of the prompts, each with as many links as the whole.
  private func halfClusters(_ leiden: LeidenClustering?, _ linkCount: Int) throws(ModuleError) -> [Clusters] {
    guard let leiden else { return [] }
    let halves = table.halves()
    var found: [Clusters] = []
    for (places, half) in [(halves.even, PromptHalf.even), (halves.odd, .odd)] {
      let part = table.restricted(to: places)
      let links = PairAssociations(part).surest(linkCount, in: part)
      found.append(
        try clusters(links, profiles.similarities(of: links.map { ($0.first, $0.second) }, half), leiden))
    }
    return found
  }

  /// Modularity beside that of the clusters of random graphs with the same degrees.
  private func modularity(
    of found: Clusters, _ leiden: LeidenClustering?
  ) throws(ModuleError) -> AgainstChance? {
    guard let leiden else { return nil }
    var random: [Double] = []
    for round in 0..<settings.rewirings {
      let graph = found.graph.rewired(seed: settings.seed &+ 1 &+ UInt64(round) &* 0x85EB_CA6B)
      let membership = try leiden.membership(of: graph, resolution: settings.resolution, seed: settings.seed)
      random.append(graph.modularity(of: membership, resolution: settings.resolution))
    }
    return AgainstChance(
      found.graph.modularity(of: found.membership, resolution: settings.resolution), random: random)
  }

  /// The mean similarity of as many pairs that are not linked and share as many prompts as those that are. If both means are
  /// alike, similarity says nothing that sharing prompts does not say.
  private func unlinkedSimilarity(beside links: [PairLink]) -> Double? {
    let linked = Set(links.map { $0.first * table.neurons.count + $0.second })
    let wanted = Set(links.map(\.both))
    var pools: [Int: [(Int, Int)]] = [:]
    for first in table.neurons.indices {
      for second in (first + 1)..<max(first + 1, table.neurons.count) {
        let both = table.shared(first, second)
        if wanted.contains(both), !linked.contains(first * table.neurons.count + second) {
          pools[both, default: []].append((first, second))
        }
      }
    }
    var random = SeededRandom(seed: settings.seed)
    let pairs = links.compactMap { link in
      pools[link.both].map { $0[random.integer(in: 0...($0.count - 1))] }
    }
    guard !pairs.isEmpty else { return nil }
    return profiles.similarities(of: pairs, .both).reduce(0, +) / Double(pairs.count)
  }
}
