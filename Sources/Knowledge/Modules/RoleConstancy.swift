// autointerp
// `RoleConstancy` tells neurons that have one role wherever they work from those whose role depends on the kind of prompt.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import Platform

/// What the role of each neuron rests on, prompt by prompt.
package struct RoleObservations: Sendable {
  /// A neuron's flows in one prompt; see `FlowProfile`.
  struct Observation: Sendable {
    var prompt: Int
    var flows: FlowProfile
  }

  /// Further prompts of a neuron do not count: time and memory stay bounded, and roles do not need more.
  static let mostPrompts = 400

  private let rows: [NeuronID: Int]
  /// `[neurons]`
  private(set) var observations: [[Observation]]

  package init(neurons: [NeuronID]) {
    rows = Dictionary(uniqueKeysWithValues: neurons.enumerated().map { ($1, $0) })
    observations = Array(repeating: [], count: neurons.count)
  }

  /// Adds the graph of the prompt at a place of the table.
  ///
  /// - Throws: `CircuitError` if the graph is not valid.
  package mutating func add(_ delta: EdgeDelta, place: Int) throws(CircuitError) {
    var aggregate = EdgeAggregate()
    try aggregate.merge(delta)
    for neuron in aggregate.sortedNeurons() {
      guard let row = rows[neuron], observations[row].count < Self.mostPrompts,
        let statistics = aggregate.statistics(of: neuron)
      else { continue }
      observations[row].append(Observation(prompt: place, flows: statistics.flows))
    }
  }
}

/// Roles over clusters of prompts.
///
/// Each prompt belongs to the module that is most active in it, or to none. A neuron has a role in each cluster in which it has
/// edges in four prompts, by the rule for whole runs. The entropy of these roles, weighted by prompts, is 0 bits if they are all one.
/// Few prompts give a wrong role by chance, so that the entropy is compared with that of the same prompts with clusters
/// exchanged at random, among prompts of equal group and form.
package struct RoleConstancy: Codable, Equatable, Sendable {
  package struct ClusterRole: Codable, Equatable, Sendable {
    /// The name of a module; nil for prompts of none.
    package var module: String?
    package var role: String
    package var prompts: Int
  }

  package struct Neuron: Codable, Equatable, Sendable {
    package var neuron: String
    package var roles: [ClusterRole]
    /// In bits.
    package var entropy: AgainstChance
    package var qValue: Double
  }

  /// Clusters with a prompt, that of no module among them.
  package var clusters: Int
  /// Neurons that have a role in at least two clusters.
  package var tested: Int
  /// Over the tested neurons.
  package var meanEntropy: Double
  package var randomEntropy: Double
  /// Those whose role depends on the cluster (q < 0.05), the largest entropy first.
  package var inconstant: [Neuron]

  private static let rounds = 499

  /// Nil if the prompts are of one cluster.
  ///
  /// - Parameters:
  ///   - observations: of the neurons.
  ///   - neurons: their names.
  ///   - clusters: `[prompts]`: a number of `modules`, or nil.
  ///   - modules: names.
  ///   - strata: `[prompts]`: prompts of one number may be exchanged.
  ///   - seed: of the exchanges.
  init?(
    _ observations: RoleObservations, neurons: [NeuronID], clusters: [Int?], modules: [String], strata: [Int],
    seed: UInt64
  ) {
    let present = Set(clusters.map { $0 ?? -1 })
    guard present.count > 1 else { return nil }
    var found: [Neuron] = []
    var random = SplitMix64(seed: seed)
    for (row, own) in observations.observations.enumerated() {
      let labels = own.map { clusters[$0.prompt] ?? -1 }
      let roles = Self.roles(own, labels)
      guard roles.count > 1 else { continue }
      // Places of `own` by stratum: labels are exchanged within.
      var pools: [Int: [Int]] = [:]
      for (place, observation) in own.enumerated() { pools[strata[observation.prompt], default: []].append(place) }
      let sorted = pools.sorted { $0.key < $1.key }.map(\.value)
      let entropies = (0..<Self.rounds).map { _ in
        var exchanged = labels
        for pool in sorted {
          for (place, other) in zip(pool, random.shuffled(pool)) { exchanged[place] = labels[other] }
        }
        return Self.entropy(Self.roles(own, exchanged).map { ($0.role, $0.prompts) })
      }
      found.append(
        Neuron(
          neuron: "\(neurons[row])",
          roles: roles.map {
            .init(module: $0.label < 0 ? nil : modules[$0.label], role: $0.role, prompts: $0.prompts)
          },
          entropy: AgainstChance(Self.entropy(roles.map { ($0.role, $0.prompts) }), random: entropies), qValue: 1))
    }
    for (place, q) in FalseDiscovery.qValues(found.map(\.entropy.pValue)).enumerated() { found[place].qValue = q }
    self.clusters = present.count
    tested = found.count
    meanEntropy = found.reduce(0) { $0 + $1.entropy.value } / Double(max(1, found.count))
    randomEntropy = found.reduce(0) { $0 + $1.entropy.mean } / Double(max(1, found.count))
    inconstant = found.filter { $0.qValue < ClassRule.largestQ }.sorted { a, b in
      a.entropy.value != b.entropy.value ? a.entropy.value > b.entropy.value : a.neuron < b.neuron
    }
  }

  /// The role in each cluster in which it can be told.
  private static func roles(
    _ observations: [RoleObservations.Observation], _ labels: [Int]
  ) -> [(label: Int, role: String, prompts: Int)] {
    var sums: [Int: RoleSums] = [:]
    for (observation, label) in zip(observations, labels) { sums[label, default: RoleSums()].add(observation.flows) }
    return sums.sorted { $0.key < $1.key }.compactMap { label, sums in
      guard let figures = sums.figures else { return nil }
      return (label, RoleRule.role(of: figures).role.rawValue, sums.prompts)
    }
  }

  static func entropy(_ roles: [(role: String, prompts: Int)]) -> Double {
    var counts: [String: Int] = [:]
    for entry in roles { counts[entry.role, default: 0] += entry.prompts }
    let all = Double(counts.values.reduce(0, +))
    // Sorted, because sums in another order differ by rounding.
    return counts.values.sorted().reduce(0) { sum, count in
      let share = Double(count) / all
      return sum - share * log2(share)
    }
  }
}

/// The figures of a role over some prompts.
private struct RoleSums {
  private(set) var prompts = 0
  private var (promptsIn, promptsOut) = (0, 0)
  private var (fromTokens, fromNeurons, toNeurons, toOutputs, signedOut) = (0.0, 0.0, 0.0, 0.0, 0.0)
  private var (fanIn, fanOut) = (0.0, 0.0)

  mutating func add(_ flows: FlowProfile) {
    prompts += 1
    promptsIn += Int(flows.promptsIn)
    promptsOut += Int(flows.promptsOut)
    fromTokens += flows.fromTokens
    fromNeurons += flows.fromNeurons
    toNeurons += flows.toNeurons
    toOutputs += flows.toOutputs
    signedOut += flows.signedOut
    fanIn += flows.meanFanIn
    fanOut += flows.meanFanOut
  }

  /// Nil if too few prompts have edges.
  var figures: RoleFigures? {
    let (incoming, outgoing) = (fromTokens + fromNeurons, toNeurons + toOutputs)
    guard min(promptsIn, promptsOut) >= RoleRule.fewestPrompts, incoming > 0, outgoing > 0 else { return nil }
    return RoleFigures(
      tokenShare: fromTokens / incoming, outputShare: toOutputs / outgoing, sign: signedOut / outgoing,
      fanIn: fanIn / Double(promptsIn), fanOut: fanOut / Double(promptsOut))
  }
}
