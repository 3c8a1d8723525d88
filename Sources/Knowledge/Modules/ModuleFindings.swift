// autointerp
// `ModuleFindings` is what a search for modules found, with the random rounds that it is compared with.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// A number beside the same number in random rounds.
package struct AgainstChance: Codable, Equatable, Sendable {
  package var value: Double
  package var rounds: Int
  package var mean: Double
  package var deviation: Double
  package var largest: Double
  /// The share of the rounds, and the value itself, that are at least as large: never below 1 / (rounds + 1).
  package var pValue: Double

  package init(_ value: Double, random: [Double]) {
    self.value = value
    rounds = random.count
    let mean = random.isEmpty ? 0 : random.reduce(0, +) / Double(random.count)
    self.mean = mean
    deviation =
      random.count > 1
      ? (random.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(random.count - 1)).squareRoot() : 0
    largest = random.max() ?? 0
    pValue = Double(1 + random.count { $0 >= value }) / Double(random.count + 1)
  }

  /// Nil if the rounds do not differ.
  package var z: Double? { deviation > 0 ? (value - mean) / deviation : nil }
}

/// Modules of a run and how far they can be believed. Neurons and ends are written as everywhere (`L29/N729`, `E_504`).
package struct ModuleFindings: Codable, Equatable, Sendable {
  package struct Member: Codable, Equatable, Sendable {
    package var neuron: String
    package var prompts: Int
    /// The weights of its links to other members, as a share of what the strongest member has.
    package var weight: Double
    /// The share of the weights of all its links that stay in the module.
    package var inside: Double
  }

  /// A driver or target that members share.
  package struct SharedEnd: Codable, Equatable, Sendable {
    package var end: String
    /// Of tokens.
    package var text: String?
    /// Members with more flow than expected.
    package var members: Int
    /// Flow over what is expected, all members together.
    package var ratio: Double
  }

  package struct Group: Codable, Equatable, Sendable {
    package var name: String
    package var active: Int
    package var prompts: Int
    /// Against all other groups, within prompts of equal form; nil in a run of one group.
    package var qValue: Double?
  }

  package struct Ending: Codable, Equatable, Sendable {
    package var text: String
    package var active: Int
    package var prompts: Int
  }

  package struct Module: Codable, Equatable, Sendable {
    /// `M-` and the strongest member: it follows from the content.
    package var name: String
    /// The strongest first.
    package var members: [Member]
    package var links: Int
    /// The correlations of all links between members together, beside the strongest cluster of each shuffled run.
    package var strength: AgainstChance
    /// What the two halves of the prompts find of it: the most similar cluster of each half, and what these two share. Beside
    /// the same with the neurons of the second half exchanged at random. Nil if a half has nothing of it.
    package var halves: AgainstChance?
    /// Of that p-value among those of all modules.
    package var halvesQ: Double?
    /// The mean similarity of the attribution profiles of linked members.
    package var profileSimilarity: Double
    /// Prompts in which it is active, the most members first.
    package var prompts: [Int32]
    /// Families of near-duplicates among these prompts.
    package var families: Int
    package var groups: [Group]
    /// How the prompts end in which it is active: the commonest endings.
    package var endings: [Ending]
    package var drivers: [SharedEnd]
    package var targets: [SharedEnd]

    /// Both halves of the prompts find it, by more than chance.
    package var isStable: Bool { (halvesQ ?? 1) < ClassRule.largestQ }

    /// Three families of prompts or more: fewer may be one phrasing.
    package var isBroad: Bool { families >= PairAssociations.fewestShared }

    /// Stronger than any cluster of all but 5 % of the shuffled runs.
    package var isBeyondChance: Bool { strength.pValue <= ClassRule.largestQ }
  }

  package var settings: ModuleSettings
  /// Prompts that were searched, and those beyond the cap.
  package var prompts: Int
  package var cutPrompts: Int
  /// Prompts that are alone in their group and form, and are compared with none.
  package var lonePrompts: Int
  /// Families of near-duplicates among the prompts.
  package var families: Int
  package var strata: Int
  /// Neurons that were searched, and those left out: sinks, in too few prompts, beyond the cap.
  package var neurons: Int
  package var sinks: [String]
  package var rareNeurons: Int
  package var cutNeurons: Int
  package var tests: Int
  /// Pairs with q < 0.05, beside shuffled runs.
  package var links: AgainstChance
  package var linkedNeurons: Int
  /// Beside random graphs with the same degrees; nil without links.
  package var modularity: AgainstChance?
  /// The adjusted Rand index of the modules of both halves, over neurons that are in modules of both, beside that of labels exchanged
  /// at random; nil if there are none.
  package var halvesAgreement: AgainstChance?
  package var halvesNeurons: Int
  /// The mean similarity of profiles of pairs that are not linked and share as many prompts.
  package var unlinkedSimilarity: Double?
  package var linkedSimilarity: Double?
  /// The strongest first.
  package var modules: [Module]
  package var motifs: MotifCensus?
  package var roles: RoleConstancy?

  package var believed: [Module] { modules.filter(\.isBeyondChance) }

  /// The module of a name, or the one that a neuron is in.
  package func module(named text: String) -> Module? {
    if let module = modules.first(where: { $0.name == text }) { return module }
    guard let neuron = NeuronID(text.hasPrefix("M-") ? String(text.dropFirst(2)) : text) else { return nil }
    return modules.first { $0.members.contains { $0.neuron == "\(neuron)" } }
  }
}
