// autointerp
// Tests of `ModuleSearch`: planted modules are found, and no structure, groups, forms and near-duplicates are no modules.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform
internal import Testing

@testable import Knowledge

@Suite struct ModuleSearchTests {
  /// Thirty neurons, five in each of six modules, and prompts of two strata.
  private struct Plan {
    var seed: UInt64
    var promptCount = 160
    var isModular = true
    /// Neurons of modules 0 to 2 are mostly in prompts of stratum 0, the others in those of stratum 1.
    var followsStrata = false
    var knowsStrata = true
    var settings = ModuleSettings()

    var neurons: [NeuronID] { (0..<30).map { NeuronID(layer: 1, index: $0) } }

    func search() -> ModuleSearch {
      var random = SeededRandom(seed: seed)
      var selected: [[Int]] = Array(repeating: [], count: 30)
      for prompt in 0..<promptCount {
        for module in 0..<6 {
          let isOn = random.chance(0.25)
          for number in 0..<5 {
            var rate = isModular ? (isOn ? 0.9 : 0.03) : 0.25
            if followsStrata { rate = (prompt % 2 == 0) == (module < 3) ? 0.5 : 0.02 }
            if random.chance(rate) { selected[module * 5 + number].append(prompt) }
          }
        }
      }
      let table = SelectionTable(
        neurons: neurons, strata: (0..<promptCount).map { knowsStrata ? $0 % 2 : 0 }, selected: selected)
      return ModuleSearch(
        table: table,
        prompts: (0..<promptCount).map {
          .init(number: Int32($0), group: $0 % 2 == 0 ? "domain" : "baseline", form: 0, ending: "is")
        }, profiles: FlowProfiles(neurons: neurons, tokens: [], predictions: []), settings: settings,
        leftOut: ModuleSearch.LeftOut(), texts: [:])
    }
  }

  /// The true module of each neuron, and the number of the module in which it was found; those in none have numbers of their own.
  private func agreement(_ findings: ModuleFindings) -> Double {
    var labels = (0..<30).map { 100 + $0 }
    for (number, module) in findings.modules.enumerated() {
      for member in module.members {
        if let neuron = NeuronID(member.neuron) { labels[Int(neuron.index)] = number }
      }
    }
    return PartitionAgreement.adjustedRandIndex((0..<30).map { $0 / 5 }, labels)
  }

  @Test(arguments: 1...3)
  func plantedModulesAreFoundBeyondChanceAndInBothHalves(seed: UInt64) throws {
    let findings = try Plan(seed: seed).search().findings()
    #expect(agreement(findings) > 0.95 && findings.modules.count == 6)
    // Prompts have very different numbers of neurons here, and so shuffled selections have links as well; none are so strong.
    #expect(findings.believed.count == 6 && findings.modules.allSatisfy { $0.strength.pValue == 0.025 })
    #expect(try #require(findings.modularity).pValue == 0.01)
    let halves = try #require(findings.halvesAgreement)
    #expect(halves.value > 0.9 && halves.largest < 0.5 && findings.halvesNeurons == 30)
    for module in findings.modules {
      let overlap = try #require(module.halves)
      #expect(overlap.value > 0.7 && overlap.mean < 0.4 && module.isStable && module.isBroad)
      #expect(module.name == "M-\(module.members[0].neuron)" && module.members[0].weight == 1)
      #expect(findings.module(named: module.name) == module)
      #expect(findings.module(named: module.members[4].neuron) == module)
      // It is on in 40 prompts; all five members are there in 24 of them.
      #expect((12...45).contains(module.prompts.count) && module.groups.allSatisfy { ($0.qValue ?? 0) > 0.05 })
      #expect(module.groups.map(\.name) == ["baseline", "domain"])
    }
  }

  @Test(arguments: 1...12)
  func aRunWithoutStructureHasNoModulesBeyondChance(seed: UInt64) throws {
    var plan = Plan(seed: seed)
    plan.isModular = false
    let findings = try plan.search().findings()
    #expect(findings.believed.isEmpty && findings.links.value <= 2, "\(findings.links)")
  }

  @Test(arguments: 1...3)
  func neuronsOfOneGroupOrFormAreNoModule(seed: UInt64) throws {
    var plan = Plan(seed: seed)
    plan.followsStrata = true
    let findings = try plan.search().findings()
    #expect(findings.believed.isEmpty && findings.links.value <= 2)
    // The control: without strata, the groups would be taken for two modules.
    plan.knowsStrata = false
    let naive = try plan.search().findings()
    #expect(naive.believed.count == 2 && naive.believed.allSatisfy { $0.members.count > 10 })
  }

  @Test func equalRunsGiveEqualFindings() throws {
    let plan = Plan(seed: 5)
    let first = try plan.search().findings()
    #expect(try plan.search().findings() == first)
    var other = plan
    other.settings.seed = 2
    // Another seed draws other random rounds; what is found does not depend on it.
    #expect(try other.search().findings().modules.map(\.name) == first.modules.map(\.name))
  }

  @Test func withoutLinksNoLibraryIsNeeded() throws {
    var plan = Plan(seed: 1, promptCount: 8)
    plan.isModular = false
    let findings = try plan.search().findings(clustering: { () throws(ModuleError) in
      try LeidenClustering(library: "missing.so")
    })
    #expect(findings.modules.isEmpty && findings.modularity == nil && findings.halvesAgreement == nil)
    #expect(throws: ModuleError.self) {
      try Plan(seed: 1).search().findings(clustering: { () throws(ModuleError) in
        try LeidenClustering(library: "missing.so")
      })
    }
  }
}
