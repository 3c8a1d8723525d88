// autointerp
// `RelevancePropagation.nodes` scores all neurons by the chosen rule and picks the nodes of the graph.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Inference

/// From where the backward passes and the edges start.
package struct MetricStarts<Backend: ComputeBackend>: Sendable {
  /// `[targets, D]`: the derivatives of the traced logits with respect to the last row of the final stream, with a
  /// constant inverse rms.
  var logits: Region<Backend.Buffer>
  /// `[1, D]`: the same for the metric's linear part, with respect to the last row of the stream before the metric's
  /// depth.
  var linear: Region<Backend.Buffer>
  /// `[1, D]`: the metric's true derivative with respect to the same row.
  var gradient: Region<Backend.Buffer>
}

extension RelevancePropagation {
  /// Computes the derivatives of the metric and of the traced logits.
  package func starts(_ reading: MetricReading, trace: ForwardTrace<Backend>) -> MetricStarts<Backend> {
    let (width, targets) = (transformer.configuration.modelDimension, reading.metric.targets)
    let logits = Region(backend.makeBuffer(count: max(1, targets.count) * width), stride: width)
    backend.gatherOutputs(
      backend.upload(targets.map(\.token)), count: targets.count, of: transformer.unembedding, scales: nil,
      into: logits, accumulate: false)
    let gain = Region(backend.upload(transformer.outputGain.map { $0 * trace.finalInverse }), stride: width)
    backend.scaleColumns(logits, rows: targets.count, columns: width, by: gain)

    let linear = Region(backend.makeBuffer(count: width), stride: width)
    if let direction = reading.direction {
      backend.copy(Region(backend.upload(direction.values), stride: width), rows: 1, columns: width, into: linear)
      return MetricStarts(logits: logits, linear: linear, gradient: linear)
    }
    if let cotangent = reading.cotangent {
      let vocabulary = cotangent.count
      backend.multiply(
        Region(backend.upload(cotangent), stride: vocabulary), rows: 1, by: transformer.unembedding,
        outputs: 0..<vocabulary, into: linear, accumulate: false)
      backend.scaleColumns(linear, rows: 1, columns: width, by: gain)
    } else {
      for (j, target) in targets.enumerated() {
        backend.addScaledRows(
          logits.at(row: j), rows: 1, columns: width, scales: Region(backend.upload([target.weight]), stride: 1),
          into: linear)
      }
    }
    // Go through the final norm. `linear` already contains the inverse rms; the norm's derivative contains it once
    // more.
    let gradient = Region(backend.makeScratch(count: width), stride: width)
    let input = Region(backend.makeScratch(count: width), stride: width)
    let last = trace.tokens.count - 1
    backend.copy(linear, rows: 1, columns: width, into: gradient)
    backend.scaleRows(
      gradient, rows: 1, columns: width, by: Region(backend.upload([1 / trace.finalInverse]), stride: 1))
    trace.copyStream(before: reading.depth, rows: last..<last + 1, on: backend, into: input)
    backend.normalizeBackward(
      gradient, of: input, rows: 1, columns: width, epsilon: transformer.configuration.rmsEpsilon, gain: nil,
      into: gradient, accumulate: false)
    return MetricStarts(logits: logits, linear: linear, gradient: gradient)
  }

  /// Scores all neurons by the chosen rule, picks the nodes, and scores these by the other rule as well unless only
  /// one is asked for.
  ///
  /// - Throws: `AttributionError.notFinite` when a gradient is not finite.
  package func nodes(
    trace: ForwardTrace<Backend>, reading: MetricReading, starts: MetricStarts<Backend>,
    settings: AttributionSettings, rules: ComputedRules = .both, peakStart: Int = 1, progress: () -> Void
  ) throws(AttributionError) -> NodeAttribution {
    let neurons = transformer.configuration.feedForwardDimension
    let (tokens, metric) = (trace.tokens.count, reading.metric)
    var selection = NeuronSelection(positions: settings.positions)
    var peaks = PeakSelection(count: settings.peakCount, start: peakStart)
    var carried = [Double](repeating: 0, count: reading.depth)
    func start(_ rule: AttributionRule) -> Region<Backend.Buffer> {
      rule == .relp ? starts.linear : starts.gradient
    }
    func activation(_ l: Int) -> [Float] {
      backend.download(trace.layers[l].activations, rows: tokens, columns: neurons)
    }
    let chosen = try backward(
      settings.rule, trace: trace, depth: reading.depth, start: start(settings.rule), progress: progress
    ) { (l, gradient) throws(AttributionError) in
      let activation = activation(l)
      carried[l] = try selection.take(layer: l, width: neurons, activation: activation, gradient: gradient)
      peaks.take(layer: l, width: neurons, activation: activation)
    }
    let result = selection.result(settings.selection, metric: abs(metric.value), cap: settings.maximumNodeCount)
    var nodes = NodeAttribution()
    nodes.candidateCount = result.candidateCount
    nodes.truncated = result.truncated
    nodes.keptScoreShare = result.share
    nodes.layerScores = (0..<reading.depth).map { Float(selection.layerTotals[$0] ?? 0) }
    nodes.peaks = peaks.result()
    nodes.neurons.layer = result.picks.map(\.layer)
    nodes.neurons.index = result.picks.map(\.index)
    nodes.neurons.position = result.picks.map(\.position)
    nodes.neurons.activation = result.picks.map(\.activation)
    nodes.neurons.gradient = result.picks.map(\.gradient)

    let scores = result.picks.map(\.score)
    var other: (scores: [Float], result: BackwardResult)?
    if rules == .both {
      other = try scoreOnly(
        nodes.neurons, trace: trace, depth: reading.depth, rule: settings.rule.other,
        start: start(settings.rule.other), progress: progress
      ) { l, sum in if settings.rule == .gradient { carried[l] = sum } }
    }
    let isRelp = settings.rule == .relp
    (nodes.neurons.relp, nodes.neurons.gradientScore) =
      isRelp ? (scores, other?.scores ?? []) : (other?.scores ?? [], scores)
    let (relp, gradient) = isRelp ? (chosen, other?.result) : (other?.result, chosen)
    nodes.embeddingRelp = relp?.embeddings ?? []
    nodes.embeddingGradientScore = gradient?.embeddings ?? []
    if let relp { setResiduals(of: &nodes, relp, carried: carried, linear: metric.linear) }
    readFactors(of: &nodes, trace: trace)
    return nodes
  }

  /// Scores given nodes by a rule. `sum` is called for each layer with the sum of the scores of all its neurons.
  private func scoreOnly(
    _ neurons: NeuronColumns, trace: ForwardTrace<Backend>, depth: Int, rule: AttributionRule,
    start: Region<Backend.Buffer>, progress: () -> Void, sum: (_ layer: Int, _ sum: Double) -> Void
  ) throws(AttributionError) -> (scores: [Float], result: BackwardResult) {
    let width = transformer.configuration.feedForwardDimension
    var firstOfLayer = [Int](repeating: 0, count: depth + 1)
    for layer in neurons.layer { firstOfLayer[Int(layer) + 1] += 1 }
    for l in 0..<depth { firstOfLayer[l + 1] += firstOfLayer[l] }
    var scores = [Float](repeating: 0, count: neurons.count)
    let result = try backward(rule, trace: trace, depth: depth, start: start, progress: progress) {
      (l, gradient) throws(AttributionError) in
      let activation = backend.download(trace.layers[l].activations, rows: trace.tokens.count, columns: width)
      sum(l, zip(activation, gradient).reduce(0) { $0 + Double($1.0 * $1.1) })
      for i in firstOfLayer[l]..<firstOfLayer[l + 1] {
        scores[i] = neurons.activation[i] * gradient[Int(neurons.position[i]) * width + Int(neurons.index[i])]
      }
    }
    guard scores.allSatisfy(\.isFinite) else { throw .notFinite(what: "the total effect of a neuron") }
    return (scores, result)
  }

  /// By how much the sums of RelP's scores differ from the metric's linear part, at the bottom and at each layer.
  private func setResiduals(
    of nodes: inout NodeAttribution, _ relp: BackwardResult, carried: [Double], linear: Double
  ) {
    func largest(_ values: [Float]) -> Double { Double(values.map(abs).max() ?? 0) }
    func sum(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } }
    let scale = max(abs(linear), largest(relp.embeddings), .leastNormalMagnitude)
    nodes.nodeTotalResidual = abs(sum(relp.embeddings) - linear) / scale
    nodes.layerCutResidual =
      zip(relp.bypasses, carried).map { bypass, carried in
        let bypassed = sum(bypass)
        let scale = max(abs(linear), abs(carried), abs(bypassed), largest(bypass), .leastNormalMagnitude)
        return abs(carried + bypassed - linear) / scale
      }.max() ?? 0
  }

  /// Downloads the frozen factors of the selected neurons, and which part of the stream each of them writes.
  private func readFactors(of nodes: inout NodeAttribution, trace: ForwardTrace<Backend>) {
    let (neurons, width) = (transformer.configuration.feedForwardDimension, transformer.configuration.modelDimension)
    let rows = trace.tokens.count
    let everyRow = backend.upload((0..<Int32(rows)).map { $0 })
    let next = Region(backend.makeScratch(count: trace.rowCapacity * width), stride: width)
    let squares = backend.makeBuffer(count: max(rows, nodes.neurons.count))
    func norms(_ x: Region<Backend.Buffer>, count: Int, rows: Backend.Indices) -> [Float] {
      backend.pairDots(x, rows: rows, x, rows: rows, count: count, columns: width, into: squares, offset: 0)
      return backend.download(Region(squares, stride: max(count, 1)), rows: 1, columns: count).map { $0.squareRoot() }
    }
    var first = 0
    while first < nodes.neurons.count {
      let layer = Int(nodes.neurons.layer[first])
      var end = first
      while end < nodes.neurons.count, Int(nodes.neurons.layer[end]) == layer { end += 1 }
      let factors = backend.download(trace.layers[layer].factors, rows: rows, columns: 2 * neurons)
      let inverse = backend.download(trace.layers[layer].inverse, rows: rows, columns: 1)
      let middle = norms(trace.layers[layer].middle, count: rows, rows: everyRow)
      trace.copyStream(before: layer + 1, on: backend, into: next)
      let after = norms(next, count: rows, rows: everyRow)
      let members = first..<end
      let columns = Region(backend.makeScratch(count: members.count * width), stride: width)
      let places = backend.upload((0..<Int32(members.count)).map { $0 })
      backend.gatherInputs(
        backend.upload(members.map { nodes.neurons.index[$0] }), count: members.count,
        of: transformer.layers[layer].down, scales: backend.upload(members.map { nodes.neurons.activation[$0] }),
        into: columns, at: places)
      let writes = norms(columns, count: members.count, rows: places)
      for i in members {
        let (position, index) = (Int(nodes.neurons.position[i]), Int(nodes.neurons.index[i]))
        nodes.gateFactors.append(factors[position * 2 * neurons + index])
        nodes.upFactors.append(factors[position * 2 * neurons + neurons + index])
        nodes.inverses.append(inverse[position])
        let smaller = max(min(middle[position], after[position]), .leastNormalMagnitude)
        nodes.neurons.streamShare.append(min(writes[i - first] / smaller, 1e6))
      }
      first = end
    }
  }
}
