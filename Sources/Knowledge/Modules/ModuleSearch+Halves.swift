// autointerp
// `ModuleSearch` compares the modules that both halves of the prompts find, with labels exchanged at random as a control.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

extension ModuleSearch {
  /// How often labels are exchanged.
  private static let exchanges = 199

  /// The adjusted Rand index of the modules of both halves, and over how many neurons.
  func agreement(of halves: [Clusters]) -> (AgainstChance?, Int) {
    guard halves.count == 2 else { return (nil, 0) }
    let labels = halves.map { half in
      var labels: [Int: Int] = [:]
      for (number, module) in half.modules.enumerated() { for row in module { labels[row] = number } }
      return labels
    }
    let rows = labels[0].keys.filter { labels[1][$0] != nil }.sorted()
    guard rows.count >= settings.fewestMembers else { return (nil, rows.count) }
    let first = rows.compactMap { labels[0][$0] }
    let second = rows.compactMap { labels[1][$0] }
    var random = SplitMix64(seed: settings.seed)
    let control = (0..<Self.exchanges).map { _ in
      PartitionAgreement.adjustedRandIndex(first, random.shuffled(second))
    }
    return (
      AgainstChance(PartitionAgreement.adjustedRandIndex(first, second), random: control), rows.count
    )
  }

  /// What both halves find of a module: the Jaccard index of the clusters that are most like it. The halves share no prompt, so
  /// that chance in one is not in the other.
  func stability(of module: [Int], _ halves: [Clusters]) -> AgainstChance? {
    guard halves.count == 2 else { return nil }
    let module = Set(module)
    let (first, second) = (halves[0].modules.map { Set($0) }, halves[1].modules.map { Set($0) })
    guard let own = PartitionAgreement.mostAlike(module, in: first) else { return nil }
    func overlap(_ sets: [Set<Int>]) -> Double {
      guard let other = PartitionAgreement.mostAlike(module, in: sets) else { return 0 }
      return PartitionAgreement.jaccard(first[own.place], sets[other.place])
    }
    guard PartitionAgreement.mostAlike(module, in: second) != nil else { return nil }
    let rows = second.joined().sorted()
    var random = SplitMix64(seed: settings.seed)
    let control = (0..<Self.exchanges).map { _ in
      let exchanged = Dictionary(uniqueKeysWithValues: zip(rows, random.shuffled(rows)))
      return overlap(second.map { Set($0.compactMap { exchanged[$0] }) })
    }
    return AgainstChance(overlap(second), random: control)
  }
}
