// autointerp
// `HypothesisTester.edge` measures how far one neuron changes when another one is removed.
// SPDX-License-Identifier: Apache-2.0

internal import Causality
internal import Circuits
internal import Inference

/// What an edge is compared with.
private enum EdgeControls {
  /// Other sources, removed instead.
  case sources([NeuronID])
  /// Other targets, read instead, because no neuron of the source's layer is of its size.
  case targets([NeuronID])

  var neurons: [NeuronID] {
    switch self {
    case .sources(let neurons), .targets(let neurons): neurons
    }
  }
}

extension HypothesisTester {
  /// Which share of the target's activation goes when the source is removed at all positions and everything between answers.
  ///
  /// The share is a ratio of means over prompts: of the change in the target's usual sign, and of its |activation|. It is
  /// compared with random neurons that are removed instead of the source. A source that is larger than the others of its layer
  /// has none; then random neurons are read instead of the target, at the same positions.
  /// - Parameters:
  ///   - source: the neuron that is removed.
  ///   - target: the neuron that is read.
  ///   - reading: where the target is read.
  ///   - direction: -1 if removal should enlarge the activation.
  ///   - prompts: where the investigated neuron is active.
  ///   - activeCount: how many such prompts there are in all.
  ///   - progress: called after each prompt.
  /// - Returns: the share with its controls.
  /// - Throws: `InvestigationError.inference`, or `stopped`.
  func edge(
    _ source: NeuronID, _ target: NeuronID, _ reading: Reading, _ direction: Int, _ prompts: [Int], _ activeCount: Int,
    progress: () -> Void
  ) throws(InvestigationError) -> Measurement {
    let controls = edgeControls(source, target, in: prompts)
    let missing = problem(
      prompts: activeCount, needed: rules.fewestPrompts, what: "the neuron is as active as where the run selected it",
      controls: controls.neurons.count)
    let design = design(source, target, reading, prompts.count, activeCount, controls)
    guard missing == nil else {
      for _ in prompts { progress() }
      return Measurement(promptCount: prompts.count, design: design, problem: missing)
    }
    var removed = [source]
    var read = [target]
    switch controls {
    case .sources(let others): removed += others
    case .targets(let others): read += others
    }
    // `[removed][read][prompts]`, and `[read][prompts]` of clean values.
    var changes = [[[Double]]](repeating: [[Double]](repeating: [], count: read.count), count: removed.count)
    var clean = [[Double]](repeating: [], count: read.count)
    for prompt in prompts {
      guard !isStopped() else { throw .stopped }
      let position = unseen.place(of: target, sign: reading.sign, isLast: reading.isLast, in: prompt)
      let places = read.map { NeuronPlace(layer: Int($0.layer), position: position, index: Int($0.index)) }
      for (i, neuron) in read.enumerated() { clean[i].append(unseen.value(neuron, of: prompt, position: position)) }
      do throws(InferenceError) {
        let trace = try runner.transformer.forward(unseen.prompts[prompt].tokens, on: runner.backend)
        for (i, neuron) in removed.enumerated() {
          let removal = Intervention(layer: Int(neuron.layer), index: Int(neuron.index), operation: .set(0))
          let values = try runner.transformer.values(
            of: places, under: [removal], keepsOtherNeurons: false, over: trace, on: runner.backend)
          for (j, value) in values.enumerated() { changes[i][j].append((clean[j].last ?? 0) - Double(value)) }
        }
      } catch {
        throw .inference(error)
      }
      progress()
    }
    /// The change in the direction that is predicted, each neuron in its own usual sign.
    func oriented(_ i: Int, _ j: Int) -> [Double] {
      let usual = j == 0 ? reading.sign : clean[j].reduce(0, +) < 0 ? -1 : 1
      return changes[i][j].map { Double(direction * usual) * $0 }
    }
    func share(_ i: Int, _ j: Int) -> Double {
      let base = clean[j].reduce(0) { $0 + abs($1) }
      return base > 0 ? oriented(i, j).reduce(0, +) / base : 0
    }
    let sizes = clean[0].map { abs($0) }
    return Measurement(
      effect: Bootstrap.ratio(oriented(0, 0), to: sizes, seed: seed),
      controls: removed.count > 1
        ? removed.indices.dropFirst().map { share($0, 0) } : read.indices.dropFirst().map { share(0, $0) },
      promptCount: prompts.count, design: design,
      problem: sizes.contains { $0 > 0 } ? nil : "the target is silent in all of these prompts")
  }

  private func edgeControls(_ source: NeuronID, _ target: NeuronID, in prompts: [Int]) -> EdgeControls {
    let sources = controls(for: source, in: prompts, avoiding: [target])
    if sources.count >= rules.fewestControls { return .sources(sources) }
    let targets = controls(for: target, in: prompts, avoiding: [source])
    return targets.count > sources.count ? .targets(targets) : .sources(sources)
  }

  private func design(
    _ source: NeuronID, _ target: NeuronID, _ reading: Reading, _ count: Int, _ activeCount: Int,
    _ controls: EdgeControls
  ) -> String {
    let place = reading.isLast ? "at the last position" : "where it is most active beyond position 0"
    let others =
      switch controls {
      case .sources(let neurons): "\(neurons.count) neurons of its layer removed instead"
      case .targets(let neurons):
        "\(neurons.count) neurons read instead of \(target), because no others of the layer of \(source) are of its size"
      }
    return
      "\(source) removed at all positions of \(count) of the \(activeCount) unseen prompts in which the neuron is as active "
      + "as where the run selected it, \(target) read \(place); for comparison \(others)"
  }
}
