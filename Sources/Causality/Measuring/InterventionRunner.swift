// autointerp
// `InterventionRunner` runs an intervention plan on one prompt and measures what it changes.
// SPDX-License-Identifier: Apache-2.0

package import Attribution
package import Circuits
internal import Dispatch
package import Inference

/// What a plan did on one prompt.
package struct PromptMeasurement: Sendable {
  package var topBefore: [RankedToken]
  /// One for each case of the plan, in its order.
  package var changes: [MeasuredChange]
  package var work: InterventionWork
}

/// Rows times layers that interventions took, against one full forward pass for each.
package struct InterventionWork: Sendable {
  package var interventions = 0
  /// Rows times layers that were computed, the prompts' own passes included.
  package var computed = 0
  /// Rows times layers of a full pass for each intervention.
  package var separately = 0

  package init() {}

  /// How many times less was computed; nil without interventions.
  package var gain: Double? { computed > 0 && separately > 0 ? Double(separately) / Double(computed) : nil }

  package static func += (a: inout InterventionWork, b: InterventionWork) {
    a.interventions += b.interventions
    a.computed += b.computed
    a.separately += b.separately
  }
}

/// Runs interventions on one model.
package struct InterventionRunner<Backend: ComputeBackend>: Sendable {
  package let transformer: Transformer<Backend>
  package let backend: Backend
  /// What the kind `mean` sets.
  package var reference: ActivationMeans?
  /// What the kind `resample` sets.
  package var donor: DonorActivations?

  package init(transformer: Transformer<Backend>, backend: Backend) {
    self.transformer = transformer
    self.backend = backend
  }

  /// Measures every case of a plan on one prompt, at its last position.
  ///
  /// The layers below the lowest changed one are computed once for all cases, and cases share products; a case's figures
  /// are the same in any plan, bit for bit.
  /// - Parameters:
  ///   - tokens: the prompt.
  ///   - plan: what to change.
  ///   - metric: what `metricBefore` and `metricAfter` are; by default log p of the most probable token. A direction in
  ///     the residual stream is refused.
  ///   - topCount: tokens in the lists.
  ///   - expected: for sets of one neuron, what the neuron's weights promote.
  /// - Returns: the changes in the order of the plan's cases.
  /// - Throws: `CausalityError` if a neuron, position or reference is missing, or a logit is not finite.
  package func measure(
    _ tokens: [Int32], plan: InterventionPlan, metric: MetricSpecification = .logProbability([]), topCount: Int = 10,
    expected: [NeuronSet: ExpectedTokens] = [:]
  ) throws(CausalityError) -> PromptMeasurement {
    for neuron in plan.sets.flatMap(\.neurons) { try check(neuron) }
    let trace = try Self.trace(tokens, transformer: transformer, on: backend)
    let cases = plan.cases
    var sets: [[Intervention]] = []
    for item in cases {
      sets.append(
        try plan.interventions(
          plan.sets[item.set], plan.kinds[item.kind], tokens: tokens.count, reference: reference, donor: donor))
    }
    let before = OutputDistribution(try logits(under: [[]], over: trace, path: plan.path)[0])
    let reading = try reading(metric, logits: before.logits, position: tokens.count - 1)
    let metricBefore = reading.value(at: before.logits[...])
    let amounts = sets.map { amount(of: $0, trace: trace) }
    var changes: [MeasuredChange] = []
    changes.reserveCapacity(cases.count)
    // In pieces, so that the logits of many cases are not in memory at once.
    for start in stride(from: 0, to: cases.count, by: Self.pieceSize) {
      let piece = start..<min(start + Self.pieceSize, cases.count)
      let logits = try logits(under: Array(sets[piece]), over: trace, path: plan.path)
      changes += Self.inParallel(piece.count) { i in
        let after = OutputDistribution(logits[i])
        let item = cases[start + i]
        return MeasuredChange(
          item, amount: amounts[start + i], before: before, after: after,
          metric: (metricBefore, reading.value(at: after.logits[...])), topCount: topCount,
          expected: expected[plan.sets[item.set]])
      }
    }
    var work = InterventionWork()
    let (layerCount, count) = (transformer.layers.count, tokens.count)
    work.interventions = cases.count
    work.separately = cases.count * layerCount * count
    work.computed = layerCount * count
    if plan.path == .full {
      for set in sets { work.computed += Intervention.rowLayers(of: set, tokens: count, depth: layerCount) }
    }
    return PromptMeasurement(topBefore: before.top(topCount), changes: changes, work: work)
  }

  func check(_ neuron: NeuronID) throws(CausalityError) {
    do throws(InferenceError) {
      try transformer.check(layer: Int(neuron.layer), index: Int(neuron.index))
    } catch {
      throw .inference(error)
    }
  }

  /// Cases whose logits are in memory at once.
  private static var pieceSize: Int { 96 }

  static func trace(
    _ tokens: [Int32], transformer: Transformer<Backend>, on backend: Backend
  ) throws(CausalityError) -> ForwardTrace<Backend> {
    do throws(InferenceError) {
      return try transformer.forward(tokens, on: backend)
    } catch {
      throw .inference(error)
    }
  }

  private func logits(
    under sets: [[Intervention]], over trace: ForwardTrace<Backend>, path: EffectPath
  ) throws(CausalityError) -> [[Float]] {
    var results: [[Float]] = []
    do throws(InferenceError) {
      let rows =
        switch path {
        case .full: try transformer.lastRows(under: sets, over: trace, on: backend)
        case .direct: try transformer.directRows(under: sets, over: trace, on: backend)
        }
      transformer.forEachLogits(ofRows: rows, count: sets.count, on: backend) { results.append(Array($1)) }
    } catch {
      throw .inference(error)
    }
    guard results.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw .inference(.notFinite(what: "a logit")) }
    return results
  }

  func reading(
    _ metric: MetricSpecification, logits: [Float], position: Int
  ) throws(CausalityError) -> MetricReading {
    let c = transformer.configuration
    if case .direction(let direction) = metric, direction.position ?? position != position {
      throw .invalid(
        name: "the direction's position", value: "\(direction.position ?? position)",
        expected: "\(position), the prompt's last, where interventions are measured")
    }
    do throws(AttributionError) {
      let reading = try MetricReading(
        metric, logits: logits, position: position, layerCount: c.layerCount, modelDimension: c.modelDimension)
      guard reading.direction == nil else {
        throw .invalidSetting(
          name: "the metric", value: "a direction in the residual stream", expected: "a function of the logits")
      }
      return reading
    } catch {
      switch error {
      case .inference(let inner): throw .inference(inner)
      case .invalidSetting(let name, let value, let expected):
        throw .invalid(name: name, value: value, expected: expected)
      default: throw .invalid(name: "the metric", value: "\(error)", expected: "a finite number")
      }
    }
  }

  /// What a set of interventions adds to its first neuron, at the last position that it changes.
  private func amount(of set: [Intervention], trace: ForwardTrace<Backend>) -> Float {
    guard let first = set.first else { return 0 }
    let own = set.filter { $0.layer == first.layer && $0.index == first.index }
    let position = own.map { $0.position ?? trace.tokens.count - 1 }.max() ?? 0
    let value = trace.value(layer: first.layer, index: first.index, position: position, on: backend)
    let changed = own.filter { ($0.position ?? position) == position }.reduce(value) { $1.operation.applied(to: $0) }
    return changed - value
  }

  /// Calls `body(0) ... body(count - 1)` on all processors and returns the results in order.
  private static func inParallel<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
    if count == 0 { return [] }
    return [Result](unsafeUninitializedCapacity: count) { target, initialized in
      // nonisolated(unsafe) is safe here: each iteration writes only its own element.
      nonisolated(unsafe) let target = target.baseAddress!
      DispatchQueue.concurrentPerform(iterations: count) { (target + $0).initialize(to: body($0)) }
      initialized = count
    }
  }
}
