// autointerp
// `JudgedLabelScores` scores labels by a language model: detection of held-out prompts, simulation of activations.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Endpoints
internal import Knowledge
package import Labels
internal import Platform

/// Every question is asked twice: with the label, and with another neuron's label drawn by the seed, about the same prompts.
package struct JudgedLabelScores: Sendable {
  package private(set) var byKey: [NeuronLabel.Key: [LabelScore]] = [:]
  /// Replies that were no exact answer. Nothing of them counts.
  package private(set) var refused = 0

  /// Prompts of each kind that detection shows.
  static let promptCount = 8
  /// Prompts that simulation shows.
  static let simulatedPrompts = 2
  /// Tokens of a prompt that simulation shows.
  static let tokenCount = 48

  /// - Parameters:
  ///   - labels: that may be scored on this run's held-out half.
  ///   - run: its two halves.
  ///   - endpoint: the language model.
  ///   - activations: the neuron's value at every token of a prompt. Without it, simulation takes those of the places that the
  ///     run selected, and 0 elsewhere.
  ///   - progress: called with a line after each label.
  /// - Throws: `EndpointError` if the endpoint cannot be used, errors of the run's files, or what `activations` throws.
  package init(
    _ labels: [NeuronLabel], on run: ScoredRun, by endpoint: ChatEndpoint,
    activations: ((NeuronID, Int32) throws -> [Double])? = nil, progress: (String) -> Void = { _ in }
  ) throws {
    let judge = LabelJudge(endpoint: endpoint)
    var random = SeededRandom(seed: run.seed)
    for (number, label) in labels.enumerated() {
      let selected = try run.selected(label.neuron)
      let drawn = Self.draw(run.heldOut, selected, &random)
      let others = labels.filter { $0.neuron != label.neuron }
      let other = others.isEmpty ? nil : others[random.integer(in: 0...(others.count - 1))]
      guard min(drawn.positives.count, drawn.negatives.count) >= DescriptionScores.fewestPrompts else { continue }
      var scores: [LabelScore] = []
      if let found = try detection(drawn, label, judge) {
        let control = try other.flatMap { try detection(drawn, $0, judge) }
        scores.append(
          LabelScore(
            kind: .detection, scorer: endpoint.model, value: found.value, low: found.low, high: found.high,
            control: control?.value, prompts: found.positives + found.negatives))
      }
      let shown = try drawn.positives.prefix(Self.simulatedPrompts).map {
        ($0, try Self.truth(label.neuron, in: $0, of: run, activations))
      }
      if let found = try simulation(shown, label, judge) {
        scores.append(
          LabelScore(
            kind: .simulation, scorer: endpoint.model, value: found,
            control: try other.flatMap { try simulation(shown, $0, judge) }, prompts: shown.count))
      }
      byKey[label.key] = scores
      progress("\(label.neuron) (\(number + 1) of \(labels.count)): \(scores.map(\.text).joined(separator: "; "))")
    }
  }

  typealias Drawn = (positives: [ScoredPrompt], negatives: [ScoredPrompt])

  private static func draw(_ heldOut: [ScoredPrompt], _ selected: Set<Int32>, _ random: inout SeededRandom) -> Drawn {
    var order = heldOut
    for place in order.indices.dropFirst().reversed() { order.swapAt(place, random.integer(in: 0...place)) }
    return (
      Array(order.filter { selected.contains($0.number) }.prefix(promptCount)),
      Array(order.filter { !selected.contains($0.number) }.prefix(promptCount))
    )
  }

  /// Positives and negatives stand in order of their numbers, so that their place says nothing.
  private mutating func detection(_ drawn: Drawn, _ label: NeuronLabel, _ judge: LabelJudge) throws -> Separation? {
    let all = (drawn.positives.map { ($0, true) } + drawn.negatives.map { ($0, false) })
      .sorted { $0.0.number < $1.0.number }
    guard let found = try judge.detected(all.map { Self.text($0.0) }, by: label.text) else {
      refused += 1
      return nil
    }
    let judged = zip(all, found).map { (isPositive: $0.1, score: $1 ? 1.0 : 0) }
    return Separation(
      positives: judged.filter(\.isPositive).map(\.score), negatives: judged.filter { !$0.isPositive }.map(\.score))
  }

  private static func text(_ prompt: ScoredPrompt) -> String {
    "\(prompt.prompt.tokens.joined().harmless(maximumBytes: 400)) => "
      + (prompt.prompt.predictions.first ?? "?").harmless(maximumBytes: 40)
  }

  /// Position 0 is left out: its activations are the same in every prompt.
  private static func truth(
    _ neuron: NeuronID, in prompt: ScoredPrompt, of run: ScoredRun,
    _ activations: ((NeuronID, Int32) throws -> [Double])?
  ) throws -> [Double] {
    var values = [Double](repeating: 0, count: prompt.prompt.tokens.count)
    if let activations {
      values = try activations(neuron, prompt.number)
    } else {
      for place in try run.index.activations(of: neuron, limit: 100_000) where place.prompt == Int(prompt.number) {
        values[place.position] = place.activation
      }
    }
    let sign = values.dropFirst().reduce(0, +) < 0 ? -1.0 : 1
    return values.dropFirst().map { max(0, sign * $0) }
  }

  private mutating func simulation(
    _ shown: [(prompt: ScoredPrompt, truth: [Double])], _ label: NeuronLabel, _ judge: LabelJudge
  ) throws -> Double? {
    var (predicted, real): ([Double], [Double]) = ([], [])
    for (prompt, truth) in shown {
      // The end of a long prompt, where most neurons are selected.
      let tokens = prompt.prompt.tokens.dropFirst().suffix(Self.tokenCount)
      guard !tokens.isEmpty, truth.count == prompt.prompt.tokens.count - 1 else { continue }
      guard let values = try judge.simulated(Array(tokens), by: label.text) else {
        refused += 1
        continue
      }
      predicted += values
      real += truth.suffix(tokens.count)
    }
    return Self.correlation(predicted, real)
  }

  /// Pearson's; 0 if one side does not vary, nil without values.
  static func correlation(_ a: [Double], _ b: [Double]) -> Double? {
    guard a.count > 1, a.count == b.count else { return nil }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let (first, second) = (mean(a), mean(b))
    let (left, right) = (a.map { $0 - first }, b.map { $0 - second })
    func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return product(left, left) > 0 && product(right, right) > 0
      ? product(left, right) / (product(left, left) * product(right, right)).squareRoot() : 0
  }

  /// Lines for a terminal: the means beside those of other neurons' labels.
  package var text: String {
    var lines: [String] = []
    for kind in [LabelScore.Kind.detection, .simulation] {
      let scores = byKey.values.joined().filter { $0.kind == kind }
      guard !scores.isEmpty else { continue }
      let controls = scores.compactMap(\.control)
      lines.append(
        "  \(kind.rawValue): mean \(kind.unit) \(Self.mean(scores.map(\.value))) of \(scores.count) labels"
          + (controls.isEmpty ? "" : "; other neurons' labels on the same prompts \(Self.mean(controls))"))
    }
    if refused > 0 { lines.append("  \(refused) replies were no exact answer and count nowhere") }
    return lines.map { "\($0)\n" }.joined()
  }

  private static func mean(_ values: [Double]) -> String {
    // Sorted, because dictionaries have no order and sums depend on it.
    ReadableNumber.fixed(values.sorted().reduce(0, +) / Double(values.count), decimals: 2)
  }
}
