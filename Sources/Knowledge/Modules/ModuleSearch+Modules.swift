// autointerp
// `ModuleSearch` describes the modules that it found: members, prompts, groups, endings, and what members share.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

extension ModuleSearch {
  /// How many entries lists of shared ends have.
  private static let listLength = 12
  /// A module is active in a prompt that has this many standard deviations more members than an average prompt.
  private static let activityZ = 3.0

  /// The strongest first.
  func modules(of found: Clusters, strongest: [Double], halves: [Clusters]) -> [ModuleFindings.Module] {
    let nodeStrengths = Dictionary(uniqueKeysWithValues: zip(found.rows, found.graph.strengths))
    var modules = zip(found.modules, found.strengths).map { rows, strength -> ModuleFindings.Module in
      let own = Set(rows)
      var (inside, similarity, links): ([Int: Double], Double, Int) = ([:], 0, 0)
      for (place, edge) in found.graph.edges.enumerated() {
        let (first, second) = (found.rows[edge.first], found.rows[edge.second])
        guard own.contains(first), own.contains(second) else { continue }
        inside[first, default: 0] += edge.weight
        inside[second, default: 0] += edge.weight
        similarity += found.similarities[place]
        links += 1
      }
      let sorted = rows.sorted { a, b in
        let (first, second) = (inside[a] ?? 0, inside[b] ?? 0)
        return first != second ? first > second : table.neurons[a] < table.neurons[b]
      }
      let most = inside[sorted[0]] ?? 1
      let active = activePrompts(of: rows)
      return ModuleFindings.Module(
        name: "M-\(table.neurons[sorted[0]])",
        members: sorted.map { row in
          let weight = inside[row] ?? 0
          return .init(
            neuron: "\(table.neurons[row])", prompts: table.promptCount(of: row), weight: weight / most,
            inside: weight / (nodeStrengths[row] ?? 1))
        },
        links: links, strength: AgainstChance(strength, random: strongest), halves: stability(of: rows, halves),
        profileSimilarity: links > 0 ? similarity / Double(links) : 0, prompts: active.map { prompts[$0].number },
        families: Set(active.map { table.families[$0] }).count, groups: groups(active), endings: endings(active),
        drivers: shared(by: rows, \.drivers),
        targets: shared(by: rows, \.targets))
    }
    modules.sort { a, b in
      a.strength.value != b.strength.value ? a.strength.value > b.strength.value : a.name < b.name
    }
    addQValues(to: &modules)
    // A module that a half does not find at all was tested as well.
    let qValues = FalseDiscovery.qValues(modules.map { $0.halves?.pValue ?? 1 })
    for (place, qValue) in qValues.enumerated() where modules[place].halves != nil {
      modules[place].halvesQ = qValue
    }
    return modules
  }

  /// The places of the prompts that have clearly more members than an average prompt, the most first.
  func activePrompts(of rows: [Int]) -> [Int] {
    let z = activity(of: rows)
    return prompts.indices.filter { z[$0] >= Self.activityZ }.sorted { z[$0] != z[$1] ? z[$0] > z[$1] : $0 < $1 }
  }

  /// `[prompts]`: how many standard deviations more members a prompt has than the average one; 0 with less than two.
  private func activity(of rows: [Int]) -> [Double] {
    let rates = rows.map { Double(table.promptCount(of: $0)) / Double(max(1, table.promptCount)) }
    let mean = rates.reduce(0, +)
    let deviation = rates.reduce(0) { $0 + $1 * (1 - $1) }.squareRoot()
    return prompts.indices.map { prompt in
      let count = rows.count { table.contains($0, prompt) }
      return count > 1 && deviation > 0 ? (Double(count) - mean) / deviation : 0
    }
  }

  /// Roles over the prompts of each module, and of none. A prompt belongs to the module that is most active in it.
  func roleConstancy(_ modules: [ModuleFindings.Module]) -> RoleConstancy? {
    guard let roles else { return nil }
    let rows = Dictionary(uniqueKeysWithValues: table.neurons.enumerated().map { ("\($1)", $0) })
    var clusters: [Int?] = Array(repeating: nil, count: prompts.count)
    var most = Array(repeating: Self.activityZ, count: prompts.count)
    for (number, module) in modules.enumerated() {
      for (prompt, z) in activity(of: module.members.compactMap { rows[$0.neuron] }).enumerated()
      where z > most[prompt] || (z == most[prompt] && clusters[prompt] == nil) {
        (clusters[prompt], most[prompt]) = (number, z)
      }
    }
    return RoleConstancy(
      roles, neurons: table.neurons, clusters: clusters, modules: modules.map(\.name), strata: table.strata,
      seed: settings.seed)
  }

  // MARK: Groups

  private var groupNames: [String] { Set(prompts.map(\.group)).sorted() }

  private func groups(_ active: [Int]) -> [ModuleFindings.Group] {
    groupNames.map { name in
      .init(
        name: name, active: active.count { prompts[$0].group == name },
        prompts: prompts.count { $0.group == name }, qValue: nil)
    }
  }

  /// Tests each group against all others, within prompts of equal form. The members were linked within groups, so that the groups
  /// decided nothing before.
  private func addQValues(to modules: inout [ModuleFindings.Module]) {
    let names = groupNames
    guard names.count > 1 else { return }
    let forms = Set(prompts.map(\.form)).sorted()
    var pValues: [Double] = []
    for module in modules {
      let numbers = Set(module.prompts)
      for name in names {
        let margins = forms.map { form in
          let here = prompts.filter { $0.form == form }
          return StratumMargins(
            first: here.count { $0.group == name }, second: here.count { $0.group != name },
            appearing: here.count { numbers.contains($0.number) })
        }
        let count = prompts.count { $0.group == name && numbers.contains($0.number) }
        pValues.append(ExactDistribution(margins).twoSidedP(count))
      }
    }
    let qValues = FalseDiscovery.qValues(pValues)
    for place in modules.indices {
      for group in names.indices { modules[place].groups[group].qValue = qValues[place * names.count + group] }
    }
  }

  // MARK: What is shared

  private func endings(_ active: [Int]) -> [ModuleFindings.Ending] {
    var counts: [String: Int] = [:]
    for place in active { counts[prompts[place].ending, default: 0] += 1 }
    return counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.prefix(3).map { entry in
      .init(text: entry.key, active: entry.value, prompts: prompts.count { $0.ending == entry.key })
    }
  }

  private func shared(
    by rows: [Int], _ side: KeyPath<FlowProfiles, FlowProfiles.Side>
  ) -> [ModuleFindings.SharedEnd] {
    profiles.shared(by: rows, side, limit: Self.listLength).map { found in
      .init(
        end: found.end.neuron.map { "\($0)" } ?? "\(found.end)", text: found.end.token.flatMap { texts[$0] },
        members: found.members, ratio: found.ratio)
    }
  }
}
