// autointerp
// `GroupComparison` tests for every neuron whether it appears more often in one group of prompts than in another.
// SPDX-License-Identifier: Apache-2.0

/// Two groups of prompts, and which neurons appear in which prompts.
package struct GroupComparison: Sendable {
  /// One prompt of either group.
  package struct Prompt: Hashable, Sendable {
    package var isFirst: Bool
    /// See `PromptStrata`.
    package var stratum: Int

    package init(isFirst: Bool, stratum: Int) {
      self.isFirst = isFirst
      self.stratum = stratum
    }
  }

  let prompts: [Prompt]
  /// `[neurons]`: the places of the prompts in which each neuron appears, without repetition.
  let appearances: [[UInt32]]
  /// True if the groups differ in form, so that the stratified test counts.
  let isStratified: Bool
  let firstCount: Int
  let secondCount: Int
  private let strata: [(first: Int, second: Int)]
  /// `[neurons]`: the neurons whose margins allow a finding; see `ClassRule`.
  let isTested: [Bool]
  /// The distributions, by the number of prompts with the neuron.
  private let crude: [Int: ExactDistribution]
  /// The same, by this number for every stratum.
  private let stratified: [[Int]: ExactDistribution]

  /// - Parameters:
  ///   - prompts: of both groups.
  ///   - appearances: for every neuron the places in `prompts` where it appears, distinct, in any order.
  ///   - isStratified: whether the groups differ so much in form that the stratified test counts.
  package init(prompts: [Prompt], appearances: [[UInt32]], isStratified: Bool) {
    self.prompts = prompts
    self.appearances = appearances
    self.isStratified = isStratified
    let firstCount = prompts.count(where: \.isFirst)
    let secondCount = prompts.count - firstCount
    var strata = [(first: Int, second: Int)](repeating: (0, 0), count: (prompts.map(\.stratum).max() ?? -1) + 1)
    for prompt in prompts {
      if prompt.isFirst { strata[prompt.stratum].first += 1 } else { strata[prompt.stratum].second += 1 }
    }
    var crude: [Int: ExactDistribution] = [:]
    var stratified: [[Int]: ExactDistribution] = [:]
    isTested = appearances.map { places in
      let margins = StratumMargins(first: firstCount, second: secondCount, appearing: places.count)
      if crude[places.count] == nil { crude[places.count] = ExactDistribution([margins]) }
      guard let smallest = crude[places.count]?.smallestP, smallest <= ClassRule.attainableP else { return false }
      let key = Self.margins(of: places, prompts: prompts, strata: strata.count)
      if stratified[key] == nil {
        stratified[key] = ExactDistribution(
          zip(strata, key).map { StratumMargins(first: $0.first, second: $0.second, appearing: $1) })
      }
      return true
    }
    self.firstCount = firstCount
    self.secondCount = secondCount
    self.strata = strata
    self.crude = crude
    self.stratified = stratified
  }

  /// The neurons that are tested.
  package var testCount: Int { isTested.count { $0 } }

  private static func margins(of places: [UInt32], prompts: [Prompt], strata: Int) -> [Int] {
    var margins = [Int](repeating: 0, count: strata)
    for place in places { margins[prompts[Int(place)].stratum] += 1 }
    return margins
  }

  private func crudeDistribution(_ neuron: Int) -> ExactDistribution {
    guard let known = crude[appearances[neuron].count] else { preconditionFailure("made for every neuron in init") }
    return known
  }

  private func stratifiedDistribution(_ neuron: Int) -> ExactDistribution? {
    stratified[Self.margins(of: appearances[neuron], prompts: prompts, strata: strata.count)]
  }

  /// The distribution that gives the p-values that count, for the tested neurons in order.
  func countingDistributions() -> [(neuron: Int, distribution: ExactDistribution)] {
    isTested.indices.compactMap { neuron in
      guard isTested[neuron] else { return nil }
      if isStratified, let distribution = stratifiedDistribution(neuron) { return (neuron, distribution) }
      return (neuron, crudeDistribution(neuron))
    }
  }

  // MARK: Results

  /// The specificity of every neuron, in the order of `appearances`.
  package func specificities() -> [Specificity] {
    let tested = isTested.indices.filter { isTested[$0] }
    let firstCounts = appearances.map { $0.count { prompts[Int($0)].isFirst } }
    let crudeP = tested.map { crudeDistribution($0).twoSidedP(firstCounts[$0]) }
    let stratifiedP = tested.map { stratifiedDistribution($0)?.twoSidedP(firstCounts[$0]) ?? 1 }
    let (crudeQ, stratifiedQ) = (FalseDiscovery.qValues(crudeP), FalseDiscovery.qValues(stratifiedP))
    var next = 0
    return appearances.indices.map { neuron in
      let table = FourfoldTable(
        Proportion(firstCounts[neuron], of: firstCount),
        Proportion(appearances[neuron].count - firstCounts[neuron], of: secondCount))
      guard isTested[neuron] else {
        return Specificity(
          untested: table, shrunkenLogOdds: crudeDistribution(neuron).shrunkenLogOdds(firstCounts[neuron]))
      }
      defer { next += 1 }
      let crude = Specificity.Test(pValue: crudeP[next], qValue: crudeQ[next], logOdds: table.logOdds)
      let common = CommonOdds.logOdds(tables(of: neuron))
      let stratified = Specificity.Test(
        pValue: stratifiedP[next], qValue: stratifiedQ[next],
        logOdds: common ?? Estimate(value: 0, error: .infinity))
      let distribution = isStratified ? stratifiedDistribution(neuron) : nil
      return Specificity(
        table: table, crude: crude, stratified: stratified, isStratified: isStratified,
        shrunkenLogOdds: (distribution ?? crudeDistribution(neuron)).shrunkenLogOdds(firstCounts[neuron]))
    }
  }

  private func tables(of neuron: Int) -> [FourfoldTable] {
    var counts = [(first: Int, second: Int)](repeating: (0, 0), count: strata.count)
    for place in appearances[neuron] {
      let prompt = prompts[Int(place)]
      if prompt.isFirst { counts[prompt.stratum].first += 1 } else { counts[prompt.stratum].second += 1 }
    }
    return zip(counts, strata).map { count, of in
      FourfoldTable(Proportion(count.first, of: of.first), Proportion(count.second, of: of.second))
    }
  }
}
