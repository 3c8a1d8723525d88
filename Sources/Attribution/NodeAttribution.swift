// autointerp
// Total effects: one linearised backward pass with every MLP open.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Inference

/// Total effect of every neuron and embedding on the metric, with the neurons that matter picked out.
package struct NodeAttribution: Sendable {
  /// Sorted by layer, position, index.
  package var neurons = NeuronColumns()
  /// `dh/dgate` and `dh/dup` of each selected neuron.
  var gateFactors: [Float] = []
  var upFactors: [Float] = []
  /// Inverse rms before the MLP at each selected neuron's position.
  var inverses: [Float] = []
  /// `[tokens]`
  package var embeddingRelp: [Float] = []
  package var candidateCount = 0
  package var truncated = false
  package var keptRelpShare = 1.0
  /// `|sum of embedding relp - m|` over the scale of `ConservationResiduals`.
  package var nodeTotalResidual = 0.0
  package var layerCutResidual = 0.0
}

/// RelP on one model and backend.
///
/// The backward pass is that of a model that equals the real one at this input and is linear around it (Jafari et al.
/// 2025, arXiv 2508.21258; in the neuron basis Arora et al. 2025, arXiv 2601.22594):
///
/// 1. `d silu(g)/dg` is `sigmoid(g)`;
/// 2. of `silu(g) * u` each factor gets half the gradient;
/// 3. the inverse rms of RMSNorm is a constant;
/// 4. attention probabilities are constants.
///
/// Every map is homogeneous of degree one and without bias, so attributions add up exactly; each graph says how exactly.
package struct RelevancePropagation<Backend: ComputeBackend>: Sendable {
  package let transformer: Transformer<Backend>
  package let backend: Backend

  package init(transformer: Transformer<Backend>, backend: Backend) {
    self.transformer = transformer
    self.backend = backend
  }
}

extension RelevancePropagation {
  /// `[targets, D]`: gradients of the traced logits with respect to the last residual stream at the metric's position.
  package func logitStarts(_ metric: Metric, trace: ForwardTrace<Backend>) -> Region<Backend.Buffer> {
    let width = transformer.configuration.modelDimension
    let starts = Region(backend.makeBuffer(count: metric.targets.count * width), stride: width)
    backend.gatherOutputs(
      backend.upload(metric.targets.map(\.token)), count: metric.targets.count, of: transformer.unembedding,
      scales: nil, into: starts, accumulate: false)
    backend.scaleColumns(
      starts, rows: metric.targets.count, columns: width,
      by: Region(backend.upload(transformer.outputGain.map { $0 * trace.finalInverse }), stride: width))
    return starts
  }

  /// Goes down the layers with the metric's gradient and keeps what passes the threshold.
  ///
  /// - Throws: `AttributionError.notFinite` when a gradient is not finite.
  package func nodes(
    trace: ForwardTrace<Backend>, metric: Metric, starts: Region<Backend.Buffer>, settings: AttributionSettings,
    progress: () -> Void
  ) throws(AttributionError) -> NodeAttribution {
    let c = transformer.configuration
    let (rows, tokens, width, neurons) = (
      trace.rowCapacity, trace.tokens.count, c.modelDimension, c.feedForwardDimension
    )
    // Cotangents of the residual stream, [rows, D].
    let stream = Region(backend.makeBuffer(count: rows * width), stride: width)
    for (j, target) in metric.targets.enumerated() {
      backend.addScaledRows(
        starts.at(row: j), rows: 1, columns: width, scales: Region(backend.upload([target.weight]), stride: 1),
        into: stream.at(row: tokens - 1))
    }
    let gradients = Region(backend.makeScratch(count: rows * neurons), stride: neurons)
    let product = Region(backend.makeScratch(count: rows * 2 * neurons), stride: 2 * neurons)
    let back = Region(backend.makeScratch(count: rows * width), stride: width)
    let mixed = Region(
      backend.makeScratch(count: rows * c.headCount * c.headDimension), stride: c.headCount * c.headDimension)
    // Rows past the last token stay zero.
    let values = Region(
      backend.makeBuffer(count: rows * transformer.valueRows.count), stride: transformer.valueRows.count)
    let dots = backend.makeBuffer(count: tokens)
    let everyRow = backend.upload((0..<Int32(tokens)).map { $0 })
    let layout = transformer.attentionLayout(tokenCount: tokens)
    let segments = [AttentionSegment(firstRow: 0, rowCount: tokens, attentionOffset: 0)]

    /// `sum over rows of dot(x, stream)`, and the sum of magnitudes.
    func contraction(_ x: Region<Backend.Buffer>) -> [Float] {
      backend.pairDots(
        x, rows: everyRow, stream, rows: everyRow, count: tokens, columns: width, into: dots,
        offset: 0)
      return backend.download(Region(dots, stride: tokens), rows: 1, columns: tokens)
    }

    var selection = NeuronSelection(threshold: settings.tau * abs(metric.value), cap: settings.maximumNodeCount)
    var cuts: [(sum: Double, scale: Double)] = []
    for l in transformer.layers.indices.reversed() {
      let (weights, layer) = (transformer.layers[l], trace.layers[l])
      backend.multiply(
        stream, rows: rows, by: weights.down, outputs: 0..<width, into: gradients, accumulate: false)
      let gradient = backend.download(gradients, rows: tokens, columns: neurons)
      let activation = backend.download(layer.activations, rows: tokens, columns: neurons)
      let bypass = contraction(layer.middle)
      let carried = try selection.scan(
        layer: l, width: neurons, activation: activation, gradient: gradient)
      let bypassed = bypass.reduce(0.0) { $0 + Double($1) }
      cuts.append((carried + bypassed, max(abs(carried), abs(bypassed), Double(bypass.map(abs).max() ?? 0))))

      backend.applyFactors(
        gradients, rows: rows, width: neurons, factors: layer.factors, into: product)
      backend.multiply(
        product, rows: rows, by: weights.gateUp, outputs: 0..<2 * neurons, into: back, accumulate: false)
      backend.addScaledRows(
        back, rows: rows, columns: width, scales: layer.inverse, into: stream)
      backend.multiply(
        stream, rows: rows, by: weights.attentionOutput, outputs: 0..<width, into: mixed, accumulate: false)
      backend.mixTransposed(mixed, attention: layer.attention, segments: segments, layout: layout, into: values)
      backend.multiply(
        values, rows: rows, by: weights.queryKeyValue, outputs: transformer.valueRows, into: stream, accumulate: true)
      progress()
    }
    let embeddingRelp = contraction(trace.embeddings)
    guard embeddingRelp.allSatisfy(\.isFinite) else { throw .notFinite(what: "the total effect of an embedding") }

    var result = selection.result()
    result.embeddingRelp = embeddingRelp
    let total = embeddingRelp.reduce(0.0) { $0 + Double($1) }
    let scale = max(abs(metric.value), Double(embeddingRelp.map(abs).max() ?? 0))
    result.nodeTotalResidual = abs(total - metric.value) / scale
    result.layerCutResidual =
      cuts.map { abs($0.sum - metric.value) / max(abs(metric.value), $0.scale) }.max() ?? 0
    readFactors(of: &result, trace: trace)
    return result
  }

  /// Downloads the frozen factors of the selected neurons.
  private func readFactors(of nodes: inout NodeAttribution, trace: ForwardTrace<Backend>) {
    let neurons = transformer.configuration.feedForwardDimension
    var layer = -1
    var (factors, inverse): ([Float], [Float]) = ([], [])
    for i in 0..<nodes.neurons.count {
      if layer != Int(nodes.neurons.layer[i]) {
        layer = Int(nodes.neurons.layer[i])
        let rows = trace.tokens.count
        factors = backend.download(trace.layers[layer].factors, rows: rows, columns: 2 * neurons)
        inverse = backend.download(trace.layers[layer].inverse, rows: rows, columns: 1)
      }
      let (position, index) = (Int(nodes.neurons.position[i]), Int(nodes.neurons.index[i]))
      nodes.gateFactors.append(factors[position * 2 * neurons + index])
      nodes.upFactors.append(factors[position * 2 * neurons + neurons + index])
      nodes.inverses.append(inverse[position])
    }
  }
}
