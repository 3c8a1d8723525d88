// autointerp
// `RelevancePropagation.verify` changes one node at a time, runs the model again and measures the effect.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Inference

extension RelevancePropagation {
  /// Verifies the nodes that the settings select. `means` is what nodes are set to if `mean` is asked for.
  ///
  /// - Throws: `AttributionError.notFinite` if a measured metric is not finite.
  func verify(
    _ graph: AttributionGraph, reading: MetricReading, trace: ForwardTrace<Backend>, settings: AttributionSettings,
    means: ActivationMeans? = nil
  ) throws(AttributionError) -> VerifiedNodes {
    func intervention(_ i: Int, _ operation: NeuronEdit.Operation) -> Intervention {
      Intervention(
        layer: Int(graph.neurons.layer[i]), index: Int(graph.neurons.index[i]),
        position: Int(graph.neurons.position[i]), operation: operation)
    }
    let choice = VerificationChoice(settings.verification, graph: graph) { i in
      Intervention.rowLayers(of: [intervention(i, .set(0))], tokens: trace.tokens.count, depth: reading.depth)
        + transformer.configuration.readingCost
    }
    var verified = VerifiedNodes()
    verified.neuron = choice.neurons.map { Int32($0) }
    verified.reason = choice.reasons
    guard !choice.neurons.isEmpty else { return verified }
    let changes: [(VerifiedChanges, WritableKeyPath<VerifiedNodes, [Float]>, (Int) -> NeuronEdit.Operation)] = [
      (.zero, \.zero, { _ in .set(0) }),
      (.twice, \.twice, { _ in .scale(2) }),
      (
        .mean, \.mean,
        { i in
          let node = intervention(i, .set(0))
          return .set(
            means?.mean(layer: node.layer, index: node.index, position: node.position ?? 0)
              ?? graph.neurons.activation[i])
        }
      ),
    ]
    let wanted = changes.filter { settings.verifiedChanges.contains($0.0) }
    let sets = wanted.flatMap { wish in choice.neurons.map { [intervention($0, wish.2($0))] } }
    let effects = try effects(of: sets, reading: reading, trace: trace)
    let count = choice.neurons.count
    for (number, wish) in wanted.enumerated() {
      verified[keyPath: wish.1] = Array(effects[(number * count)...].prefix(count))
    }
    return verified
  }

  /// How much each set of interventions alone adds to the metric. The bits do not depend on the other sets.
  func effects(
    of sets: [[Intervention]], reading: MetricReading, trace: ForwardTrace<Backend>
  ) throws(AttributionError) -> [Float] {
    let rows: Region<Backend.Buffer>
    do {
      // The empty set is read the same way as the others, so that rounding cancels.
      rows = try transformer.lastRows(under: [[]] + sets, over: trace, depth: reading.depth, on: backend)
    } catch {
      throw .inference(error)
    }
    let values = metricValues(ofRows: rows, count: sets.count + 1, reading: reading)
    let effects = values.dropFirst().map { Float($0 - values[0]) }
    guard effects.allSatisfy(\.isFinite) else { throw .notFinite(what: "the metric with a node changed") }
    return effects
  }

  /// The metric for each row `[count, D]` of the stream at its depth.
  private func metricValues(ofRows x: Region<Backend.Buffer>, count: Int, reading: MetricReading) -> [Double] {
    let width = transformer.configuration.modelDimension
    if reading.cotangent != nil {
      var values: [Double] = []
      transformer.forEachLogits(ofRows: x, count: count, on: backend) { _, logits in
        values.append(reading.value(at: logits))
      }
      return values
    }
    // Only a few products with each row are needed.
    let targets = reading.metric.targets
    let against: Region<Backend.Buffer>
    let weights: [Float]
    var rows = x
    if let direction = reading.direction {
      against = Region(backend.upload(direction.values), stride: width)
      weights = [1]
    } else {
      rows = Region(backend.makeScratch(count: max(1, count) * width), stride: width)
      transformer.normalizeFinal(x, rows: count, into: rows, on: backend)
      let logits = Region(backend.makeScratch(count: targets.count * width), stride: width)
      backend.gatherOutputs(
        backend.upload(targets.map(\.token)), count: targets.count, of: transformer.unembedding, scales: nil,
        into: logits, accumulate: false)
      (against, weights) = (logits, targets.map(\.weight))
    }
    let pairs = count * weights.count
    let dots = backend.makeBuffer(count: max(1, pairs))
    backend.pairDots(
      rows, rows: backend.upload((0..<pairs).map { Int32($0 / weights.count) }), against,
      rows: backend.upload((0..<pairs).map { Int32($0 % weights.count) }), count: pairs, columns: width, into: dots,
      offset: 0)
    let products = backend.download(Region(dots, stride: max(1, pairs)), rows: 1, columns: pairs)
    return (0..<count).map { r in
      weights.indices.reduce(0.0) { $0 + Double(weights[$1]) * Double(products[r * weights.count + $1]) }
    }
  }
}
