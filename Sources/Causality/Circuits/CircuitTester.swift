// autointerp
// `CircuitTester` measures how much of a behaviour a circuit keeps on one prompt.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
internal import Circuits
package import Inference

/// What the neurons outside of a circuit are set to.
package enum CircuitAblation: String, Sendable, CaseIterable {
  case zero
  /// The neuron's mean over reference prompts, of its class of position.
  case mean
  /// The neuron's value in the corrupt prompt.
  case resample
}

/// Measures circuits on one pair. A circuit is a set of neurons at positions; attention heads are always part of it.
package struct CircuitTester<Backend: ComputeBackend>: Sendable {
  package let pair: PromptPair
  /// The metric of the whole model: the logit of the answer less that of the other one.
  package let whole: Double
  /// The metric with every neuron ablated that is not at a live position.
  package let nothing: Double
  /// The top token of the whole model.
  package let answer: Int32
  /// Positions whose neurons are never ablated: the first, which stores what no token needs.
  package let livePositions: Set<Int>

  private let runner: InterventionRunner<Backend>
  private let trace: ForwardTrace<Backend>
  private let reference: [[Float]]
  private let reading: MetricReading

  /// - Throws: `CausalityError.missingReference` for `mean` without means, `invalid` for `resample` if the prompts have
  ///   different lengths.
  package init(
    _ pair: PromptPair, ablation: CircuitAblation, runner: InterventionRunner<Backend>, livePositions: Set<Int> = [0]
  ) throws(CausalityError) {
    let (transformer, backend) = (runner.transformer, runner.backend)
    let trace = try InterventionRunner.trace(pair.tokens, transformer: transformer, on: backend)
    let width = transformer.configuration.feedForwardDimension
    let count = pair.tokens.count
    let reference: [[Float]]
    switch ablation {
    case .zero:
      reference = transformer.layers.map { _ in [Float](repeating: 0, count: count * width) }
    case .mean:
      guard let means = runner.reference else { throw .missingReference(what: "mean ablation") }
      reference = transformer.layers.indices.map { layer in
        (0..<count).flatMap { means.row(layer: layer, position: $0) }
      }
    case .resample:
      guard pair.isAligned else {
        throw .invalid(
          name: "resample ablation", value: "a pair of \(count) and \(pair.corruptTokens.count) tokens",
          expected: "two prompts of equal length")
      }
      let other = try InterventionRunner.trace(pair.corruptTokens, transformer: transformer, on: backend)
      reference = other.layers.map { backend.download($0.activations, rows: count, columns: width) }
    }
    self.pair = pair
    self.runner = runner
    self.trace = trace
    self.reference = reference
    self.livePositions = livePositions
    let metric = MetricSpecification.contrast(pair.answer, pair.other)
    reading = try runner.reading(metric, logits: trace.logits, position: count - 1)
    answer = OutputDistribution.answer(of: trace.logits)
    let ends = try Self.measure(
      [
        NeuronMask([], rest: .live, livePositions: livePositions),
        NeuronMask([], rest: .reference, livePositions: livePositions),
      ], runner, reference, trace, reading)
    (whole, nothing) = (ends[0].metric, ends[1].metric)
  }

  /// True if the model prefers the answer because of its neurons: there is a behaviour that a circuit can keep.
  package var hasBehaviour: Bool { whole > 0 && whole - nothing >= Self.smallestStake }

  /// Below this m(M) - m(0), in logits, nothing is at stake.
  private static var smallestStake: Double { 0.5 }

  /// Testers of the first `limit` pairs on which there is a behaviour to keep, and how many pairs were left out on the way:
  /// those where the model does not prefer the answer, or loses nothing when all neurons are ablated.
  package static func testers(
    of pairs: [PromptPair], ablation: CircuitAblation, runner: InterventionRunner<Backend>, limit: Int
  ) throws(CausalityError) -> (testers: [CircuitTester], leftOut: Int) {
    var testers: [CircuitTester] = []
    var leftOut = 0
    for pair in pairs where testers.count < limit {
      let tester = try CircuitTester(pair, ablation: ablation, runner: runner)
      if tester.hasBehaviour {
        testers.append(tester)
      } else {
        leftOut += 1
      }
    }
    return (testers, leftOut)
  }

  /// A circuit's metric and top token.
  package struct Outcome: Hashable, Sendable {
    package var metric: Double
    package var answer: Int32
  }

  /// What each circuit does on its own, everything else ablated.
  package func alone(_ circuits: [[NeuronPlace]]) throws(CausalityError) -> [Outcome] {
    try Self.measure(
      circuits.map { NeuronMask($0, rest: .reference, livePositions: livePositions) }, runner, reference, trace, reading
    )
  }

  /// What the model does without each circuit.
  package func without(_ circuits: [[NeuronPlace]]) throws(CausalityError) -> [Outcome] {
    try Self.measure(
      circuits.map { NeuronMask($0, rest: .live, livePositions: livePositions) }, runner, reference, trace, reading)
  }

  private static func measure(
    _ masks: [NeuronMask], _ runner: InterventionRunner<Backend>, _ reference: [[Float]],
    _ trace: ForwardTrace<Backend>,
    _ reading: MetricReading
  ) throws(CausalityError) -> [Outcome] {
    do throws(InferenceError) {
      return try runner.transformer.logits(masks: masks, reference: reference, over: trace, on: runner.backend).map {
        Outcome(metric: reading.value(at: $0[...]), answer: OutputDistribution.answer(of: $0))
      }
    } catch {
      throw .inference(error)
    }
  }

  /// The score of every neuron by `method`, with its sign: `[tokens * F]` for each layer.
  package func scores(_ method: RankingMethod) throws(CausalityError) -> [[Float]] {
    let width = runner.transformer.configuration.feedForwardDimension
    var gradients: [[Float]]?
    if let rule = method.rule { gradients = try self.gradients(rule) }
    return runner.transformer.layers.indices.map { layer in
      let values = runner.backend.download(
        trace.layers[layer].activations, rows: pair.tokens.count, columns: width)
      return values.indices.map { place in
        switch method {
        // RelP's linear model says what the neuron's whole value adds.
        case .relp: values[place] * (gradients?[layer][place] ?? 0)
        case .gradient: (values[place] - reference[layer][place]) * (gradients?[layer][place] ?? 0)
        case .activation: values[place]
        case .random(let seed): method.draw(seed, layer: layer, place: place)
        }
      }
    }
  }

  /// All neurons that are not at live positions, those with the largest |score| first; equal ones are ordered by place.
  package static func ranking(_ scores: [[Float]], width: Int, livePositions: Set<Int>) -> [NeuronPlace] {
    var ranked: [(score: Float, layer: Int, place: Int)] = []
    for (layer, values) in scores.enumerated() {
      for (place, value) in values.enumerated() where !livePositions.contains(place / width) {
        ranked.append((abs(value), layer, place))
      }
    }
    ranked.sort { ($1.score, $0.layer, $0.place) < ($0.score, $1.layer, $1.place) }
    return ranked.map { NeuronPlace(layer: $0.layer, position: $0.place / width, index: $0.place % width) }
  }

  private func gradients(_ rule: AttributionRule) throws(CausalityError) -> [[Float]] {
    do throws(AttributionError) {
      return try RelevancePropagation(transformer: runner.transformer, backend: runner.backend)
        .gradients(rule, reading: reading, trace: trace)
    } catch {
      throw .invalid(name: "the gradient", value: "\(error)", expected: "finite numbers")
    }
  }
}
