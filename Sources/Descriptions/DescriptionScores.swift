// autointerp
// `DescriptionScores` scores descriptions on held-out prompts by their words, beside the same descriptions exchanged between neurons.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Knowledge
package import Labels
internal import Platform

/// Can held-out prompts in which a neuron was selected be told from the others by the words of its description alone?
///
/// 1. A prompt's score is the sum of the weights of the description's terms that it has; nothing is fitted.
/// 2. The AUC of this score is the description's. Without a term it is 0.5.
/// 3. The control gives every neuron another one's description, in seeded exchanges of all at once.
package struct DescriptionScores: Sendable {
  /// A description to be scored.
  package struct Item: Sendable {
    package var neuron: NeuronID
    package var terms: [String]
    /// All prompts in which the neuron was selected.
    package var selected: Set<Int32>

    package init(neuron: NeuronID, terms: [String], selected: Set<Int32>) {
      self.neuron = neuron
      self.terms = terms
      self.selected = selected
    }
  }

  /// With fewer prompts of either kind there is no score.
  package static let fewestPrompts = 3
  /// Exchanges of all descriptions; the mean over them is every neuron's control.
  static let exchangeCount = 20

  /// `[items]`; nil where too few held-out prompts have the neuron, or lack it.
  package let separations: [Separation?]
  /// `[items]`: the mean AUC of other neurons' descriptions; nil where there is no score or no other neuron.
  package let controls: [Double?]
  /// The mean AUC over all items, in each exchange.
  package let exchangedMeans: [Double]

  package init(_ items: [Item], on run: ScoredRun) {
    self.init(items, heldOut: run.heldOut, table: run.table, seed: run.seed)
  }

  init(_ items: [Item], heldOut: [ScoredPrompt], table: TermTable, seed: UInt64) {
    let scores = items.map { item in
      let weights = item.terms.map { ($0, table.weight(of: $0)) }
      return heldOut.map { prompt in weights.reduce(0) { $0 + (prompt.terms.contains($1.0) ? $1.1 : 0) } }
    }
    let isSelected = items.map { item in heldOut.map { item.selected.contains($0.number) } }
    let found = zip(scores, isSelected).map(Self.separation)
    separations = found
    (controls, exchangedMeans) = Self.exchanged(
      items.map(\.neuron), scores, isSelected, scored: found.indices.filter { found[$0] != nil }, seed: seed)
  }

  /// The controls of all items, and the mean of each exchange. In each, every scored item takes the description of the next one in
  /// a random circle, which is never its own.
  private static func exchanged(
    _ neurons: [NeuronID], _ scores: [[Double]], _ isSelected: [[Bool]], scored: [Int], seed: UInt64
  ) -> (controls: [Double?], means: [Double]) {
    var random = SeededRandom(seed: seed)
    var (sums, counts) = ([Double](repeating: 0, count: neurons.count), [Int](repeating: 0, count: neurons.count))
    var means: [Double] = []
    for _ in 0..<(scored.count > 1 ? exchangeCount : 0) {
      var order = scored
      for place in order.indices.dropFirst().reversed() { order.swapAt(place, random.integer(in: 0...place)) }
      var values: [Double] = []
      for (place, own) in order.enumerated() {
        let other = order[(place + 1) % order.count]
        guard neurons[own] != neurons[other], let found = separation(scores[other], isSelected[own]) else { continue }
        sums[own] += found.value
        counts[own] += 1
        values.append(found.value)
      }
      if !values.isEmpty { means.append(values.reduce(0, +) / Double(values.count)) }
    }
    return (zip(sums, counts).map { $1 > 0 ? $0 / Double($1) : nil }, means)
  }

  private static func separation(_ scores: [Double], _ isSelected: [Bool]) -> Separation? {
    let pairs = zip(scores, isSelected)
    guard
      let found = Separation(positives: pairs.filter(\.1).map(\.0), negatives: pairs.filter { !$0.1 }.map(\.0)),
      min(found.positives, found.negatives) >= fewestPrompts
    else { return nil }
    return found
  }

  /// The mean AUC over all items that have one; nil if none has.
  package var mean: Double? {
    let values = separations.compactMap { $0?.value }
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Scores labels that are not stored yet; `selected` are all prompts of each one's neuron.
  static func scored(
    _ labels: [NeuronLabel], _ selected: [Set<Int32>], on run: ScoredRun
  ) -> (labels: [NeuronLabel], scores: DescriptionScores) {
    let scores = DescriptionScores(
      zip(labels, selected).map { Item(neuron: $0.neuron, terms: DescriptionTerms.terms(of: $0), selected: $1) },
      on: run)
    var labels = labels
    for place in labels.indices {
      guard let score = scores.score(of: place) else { continue }
      labels[place].score = score.value
      labels[place].scores = [score]
    }
    return (labels, scores)
  }

  /// What is stored with the label of an item.
  package func score(of item: Int) -> LabelScore? {
    separations[item].map {
      LabelScore(
        kind: .tokens, value: $0.value, low: $0.low, high: $0.high, control: controls[item],
        prompts: $0.positives + $0.negatives)
    }
  }
}
