// autointerp
// `RelevancePropagation.paths` follows one edge through the attention heads between its two ends.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Inference

extension RelevancePropagation {
  /// Follows one edge of a prompt's graph.
  ///
  /// The source's perturbation goes up as in the edge sweep, and the target's cotangent comes down by the transposed
  /// map. A head carries the product of both with its attention probability.
  /// - Throws: as `graph`, and `AttributionError.invalidSetting` if an end is not a node of the graph or the target is
  ///   not above the source.
  package func paths(
    from source: NodeReference, to target: NodeReference, of tokens: [Int32], settings: AttributionSettings
  ) throws(AttributionError) -> EdgePaths {
    let prepared = try prepare(tokens, settings: settings)
    let (trace, depth, neurons) = (prepared.trace, prepared.reading.depth, prepared.nodes.neurons)
    let (rows, width) = (trace.rowCapacity, transformer.configuration.modelDimension)
    func number(_ end: NodeReference) throws(AttributionError) -> Int {
      guard case .neuron(let layer, let index, let position) = end,
        let number = (0..<neurons.count).first(where: {
          (neurons.layer[$0], neurons.index[$0], neurons.position[$0]) == (layer, index, position)
        })
      else {
        throw .invalidSetting(
          name: "edge", value: "\(end)", expected: "a node of this graph; select more nodes with --select")
      }
      return number
    }

    // The source: where its perturbation of the residual stream starts, and after which layer.
    let stream = Region(backend.makeBuffer(count: rows * width), stride: width)
    let (start, from): (Int, Int)
    switch source {
    case .embedding(let token, let position)
    where position >= 0 && position < trace.tokens.count && trace.tokens[Int(position)] == token:
      (start, from) = (-1, Int(position))
      backend.copy(trace.embeddings.at(row: from), rows: 1, columns: width, into: stream.at(row: from))
    case .neuron:
      let i = try number(source)
      (start, from) = (Int(neurons.layer[i]), Int(neurons.position[i]))
      backend.gatherInputs(
        backend.upload([neurons.index[i]]), count: 1, of: transformer.layers[start].down,
        scales: backend.upload([neurons.activation[i]]), into: stream, at: backend.upload([Int32(from)]))
    case .embedding, .logit, .metric:
      throw .invalidSetting(
        name: "source", value: "\(source)", expected: "a neuron LAYER_INDEX_POSITION or embedding E_TOKEN_POSITION")
    }

    // The target: its derivative with respect to the stream, where that is, and the first layer whose attention cannot
    // reach it.
    let sweep = EdgeSweep(
      self, trace: trace, reading: prepared.reading, nodes: prepared.nodes, starts: prepared.starts,
      settings: settings, scale: 1, tokenCount: tokens.count)
    let (t, end, to, derivative): (Int, Int, Int, Float)
    let targets = prepared.reading.metric.targets
    switch target {
    case .neuron:
      let i = try number(target)
      (t, end, to, derivative) = (i, Int(neurons.layer[i]) + 1, Int(neurons.position[i]), neurons.gradient[i])
    case .logit(let token, let position)
    where Int(position) == trace.tokens.count - 1 && targets.contains(where: { $0.token == token }):
      let j = targets.firstIndex { $0.token == token } ?? 0
      (t, end, to, derivative) = (neurons.count + j, depth, Int(position), 1)
    case .metric(let position) where Int(position) == trace.tokens.count - 1 && prepared.reading.metric.hasNode:
      (t, end, to, derivative) = (neurons.count + targets.count, depth, Int(position), 1)
    case .embedding, .logit, .metric:
      throw .invalidSetting(
        name: "target", value: "\(target)",
        expected: "a neuron LAYER_INDEX_POSITION, a traced logit L_TOKEN_POSITION or the metric M_POSITION")
    }
    guard start + 1 < end, from <= to else {
      throw .invalidSetting(
        name: "edge", value: "\(source) to \(target)", expected: "a target above the source, at no earlier position")
    }

    let flow = LinearFlow(transformer, trace: trace, on: backend)
    let cotangent = Region(backend.makeBuffer(count: rows * width), stride: width)
    backend.copy(sweep.starts.at(row: t), rows: 1, columns: width, into: cotangent.at(row: to))
    let passes = flow.passes(stream, up: cotangent, layers: start + 1..<end)
    let layers = passes.map { pass in
      EdgePaths.Layer(
        layer: pass.layer, bypass: pass.bypass,
        steps: pass.steps(from: from, to: to).sorted { abs($0.effect) > abs($1.effect) })
    }
    let effect = layers.last?.sum ?? 0
    return EdgePaths(source: source, target: target, effect: effect, flow: effect * derivative, layers: layers)
  }
}

/// The linear map of attention alone: up for a perturbation, down for a cotangent.
private struct LinearFlow<Backend: ComputeBackend> {
  /// Perturbation and cotangent at one layer.
  struct Pass {
    var layer: Int
    var bypass: Float
    /// `[tokens, K d]`: the values of the perturbation.
    var values: [Float]
    /// `[tokens, H d]`: the cotangent of what the heads mixed.
    var mixed: [Float]
    /// `[H, tokens, tokens]`: probabilities times key scales.
    var attention: [Float]
    /// `[tokens]`
    var keyScales: [Float]
    var layout: AttentionLayout
    var tokens: Int

    func steps(from first: Int, to last: Int) -> [EdgePaths.Step] {
      let (d, group) = (layout.headDimension, layout.headCount / layout.keyValueHeadCount)
      var steps: [EdgePaths.Step] = []
      for h in 0..<layout.headCount {
        for i in first...last {
          for j in first...i {
            let weight = attention[(h * tokens + i) * tokens + j]
            let (z, v) = ((i * layout.headCount + h) * d, (j * layout.keyValueHeadCount + h / group) * d)
            let product = (0..<d).reduce(Float(0)) { $0 + mixed[z + $1] * values[v + $1] }
            if product * weight != 0 {
              steps.append(
                EdgePaths.Step(
                  layer: layer, head: h, from: j, to: i, effect: product * weight, attention: weight / keyScales[j]))
            }
          }
        }
      }
      return steps
    }
  }

  private let transformer: Transformer<Backend>
  private let trace: ForwardTrace<Backend>
  private let backend: Backend

  init(_ transformer: Transformer<Backend>, trace: ForwardTrace<Backend>, on backend: Backend) {
    self.transformer = transformer
    self.trace = trace
    self.backend = backend
  }

  /// Carries `stream` up through `layers` and `cotangent` down. Both are changed.
  func passes(
    _ stream: Region<Backend.Buffer>, up cotangent: Region<Backend.Buffer>, layers: Range<Int>
  ) -> [Pass] {
    let c = transformer.configuration
    let (rows, tokens, width) = (trace.rowCapacity, trace.tokens.count, c.modelDimension)
    let heads = c.headCount * c.headDimension
    let values = Region(
      backend.makeBuffer(count: rows * transformer.valueRows.count), stride: transformer.valueRows.count)
    let mixed = Region(backend.makeBuffer(count: rows * heads), stride: heads)
    let layout = transformer.attentionLayout(tokenCount: tokens)
    let segments = [AttentionSegment(firstRow: 0, rowCount: tokens, attentionOffset: 0)]
    var passes: [Pass] = []
    var before: [[Float]] = []
    for l in layers {
      let (weights, layer) = (transformer.layers[l], trace.layers[l])
      before.append(backend.download(stream, rows: tokens, columns: width))
      backend.multiplyTransposed(
        stream, rows: rows, by: weights.queryKeyValue, outputs: transformer.valueRows, into: values, accumulate: false)
      passes.append(
        Pass(
          layer: l, bypass: 0, values: backend.download(values, rows: tokens, columns: transformer.valueRows.count),
          mixed: [], attention: backend.download(layer.attention, rows: c.headCount * tokens, columns: tokens),
          keyScales: backend.download(layer.attentionInverse, rows: tokens, columns: 1), layout: layout, tokens: tokens)
      )
      backend.mix(values, attention: layer.attention, segments: segments, layout: layout, into: mixed)
      backend.multiplyTransposed(
        mixed, rows: rows, by: weights.attentionOutput, outputs: 0..<width, into: stream, accumulate: true)
    }
    for l in layers.reversed() {
      let (weights, layer) = (transformer.layers[l], trace.layers[l])
      let number = l - layers.lowerBound
      backend.multiply(
        cotangent, rows: rows, by: weights.attentionOutput, outputs: 0..<width, into: mixed, accumulate: false)
      passes[number].mixed = backend.download(mixed, rows: tokens, columns: heads)
      passes[number].bypass = zip(backend.download(cotangent, rows: tokens, columns: width), before[number])
        .reduce(Float(0)) { $0 + $1.0 * $1.1 }
      backend.mixTransposed(mixed, attention: layer.attention, segments: segments, layout: layout, into: values)
      backend.multiply(
        values, rows: rows, by: weights.queryKeyValue, outputs: transformer.valueRows, into: cotangent, accumulate: true
      )
    }
    return passes
  }
}
