// autointerp
// `PartitionAgreement` measures how far two ways to divide the same things into clusters agree.
// SPDX-License-Identifier: Apache-2.0

package enum PartitionAgreement {
  /// The adjusted Rand index (Hubert and Arabie 1985): 1 for equal divisions, 0 on average for independent ones with these
  /// sizes of clusters, negative for less. 1 if both put everything together, or both put nothing together.
  ///
  /// - Parameters: the cluster of each thing.
  package static func adjustedRandIndex(_ first: [Int], _ second: [Int]) -> Double {
    precondition(first.count == second.count)
    func pairs(_ count: Int) -> Double { Double(count) * Double(count - 1) / 2 }
    func pairsWithin(_ labels: [some Hashable]) -> Double {
      var counts: [AnyHashable: Int] = [:]
      for label in labels { counts[AnyHashable(label), default: 0] += 1 }
      return counts.values.map(pairs).sorted().reduce(0, +)
    }
    let both = pairsWithin(zip(first, second).map { [$0, $1] })
    let (a, b, all) = (pairsWithin(first), pairsWithin(second), pairs(first.count))
    guard all > 0 else { return 1 }
    let expected = a * b / all
    let most = (a + b) / 2
    return most == expected ? 1 : (both - expected) / (most - expected)
  }

  /// What two sets share of what they have together; 0 if both are empty.
  package static func jaccard(_ first: Set<Int>, _ second: Set<Int>) -> Double {
    let both = first.intersection(second).count
    let all = first.count + second.count - both
    return all == 0 ? 0 : Double(both) / Double(all)
  }

  /// The set of `sets` that is most like `set`, and how much; the first of several; nil if none shares anything.
  package static func mostAlike(_ set: Set<Int>, in sets: [Set<Int>]) -> (place: Int, jaccard: Double)? {
    var best: (place: Int, jaccard: Double)?
    for (place, other) in sets.enumerated() {
      let found = jaccard(set, other)
      if found > best?.jaccard ?? 0 { best = (place, found) }
    }
    return best
  }
}
