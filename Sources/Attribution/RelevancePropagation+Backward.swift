// autointerp
// `RelevancePropagation.backward` carries the metric's gradient down the layers, by either rule.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Inference

/// What a backward pass yields besides the neurons' gradients.
struct BackwardResult {
  /// `[tokens]`: the dot product of each embedding with its gradient.
  var embeddings: [Float]
  /// For every layer, from the lowest up, what bypasses its neurons: `[tokens]`.
  var bypasses: [[Float]]
}

extension RelevancePropagation {
  /// Carries the metric's gradient down from layer `depth`.
  ///
  /// - Parameters:
  ///   - rule: whose derivatives.
  ///   - trace: the prompt's forward pass.
  ///   - depth: the layer before which the metric is read.
  ///   - start: `[1, D]`, the metric's derivative by the last row of the stream before `depth`.
  ///   - progress: called after each layer.
  ///   - visit: called for each layer from the highest on, with the neurons' gradients `[tokens, F]`.
  /// - Returns: the embeddings' scores, and for RelP what bypasses the neurons of each layer.
  /// - Throws: what `visit` throws, and `AttributionError.notFinite`.
  func backward(
    _ rule: AttributionRule, trace: ForwardTrace<Backend>, depth: Int, start: Region<Backend.Buffer>,
    progress: () -> Void, visit: (_ layer: Int, _ gradient: [Float]) throws(AttributionError) -> Void
  ) throws(AttributionError) -> BackwardResult {
    let c = transformer.configuration
    let (rows, tokens, width, neurons) = (
      trace.rowCapacity, trace.tokens.count, c.modelDimension, c.feedForwardDimension
    )
    // Cotangents of the residual stream, [rows, D].
    let stream = Region(backend.makeBuffer(count: rows * width), stride: width)
    backend.copy(start, rows: 1, columns: width, into: stream.at(row: tokens - 1))
    let gradients = Region(backend.makeScratch(count: rows * neurons), stride: neurons)
    let product = Region(backend.makeScratch(count: rows * 2 * neurons), stride: 2 * neurons)
    let back = Region(backend.makeScratch(count: rows * width), stride: width)
    let mixed = Region(
      backend.makeScratch(count: rows * c.headCount * c.headDimension), stride: c.headCount * c.headDimension)
    // Rows after the last token stay zero.
    let values = Region(
      backend.makeBuffer(count: rows * transformer.valueRows.count), stride: transformer.valueRows.count)
    let attention = AttentionBackward(transformer, trace: trace, on: backend)
    let dots = backend.makeBuffer(count: tokens)
    let everyRow = backend.upload((0..<Int32(tokens)).map { $0 })
    let layout = transformer.attentionLayout(tokenCount: tokens)
    let segments = [AttentionSegment(firstRow: 0, rowCount: tokens, attentionOffset: 0)]

    /// `dot(x, stream)` of each row.
    func contraction(_ x: Region<Backend.Buffer>) -> [Float] {
      backend.pairDots(
        x, rows: everyRow, stream, rows: everyRow, count: tokens, columns: width, into: dots, offset: 0)
      return backend.download(Region(dots, stride: tokens), rows: 1, columns: tokens)
    }

    var bypasses: [[Float]] = []
    for l in (0..<depth).reversed() {
      let (weights, layer) = (transformer.layers[l], trace.layers[l])
      backend.multiply(
        stream, rows: rows, by: weights.down, outputs: 0..<width, into: gradients, accumulate: false)
      try visit(l, backend.download(gradients, rows: tokens, columns: neurons))
      if rule == .relp { bypasses.append(contraction(layer.middle)) }
      backend.applyFactors(
        gradients, rows: rows, width: neurons, factors: layer.factors,
        slope: rule == .gradient ? layer.derivatives.slope : nil, into: product)
      backend.multiply(
        product, rows: rows, by: weights.gateUp, outputs: 0..<2 * neurons, into: back, accumulate: false)
      switch rule {
      case .relp:
        backend.addScaledRows(back, rows: rows, columns: width, scales: layer.inverse, into: stream)
      case .gradient:
        backend.normalizeBackward(
          back, of: layer.middle, rows: rows, columns: width, epsilon: c.rmsEpsilon, gain: nil, into: stream,
          accumulate: true)
      }
      backend.multiply(
        stream, rows: rows, by: weights.attentionOutput, outputs: 0..<width, into: mixed, accumulate: false)
      switch rule {
      case .relp:
        backend.mixTransposed(mixed, attention: layer.attention, segments: segments, layout: layout, into: values)
        backend.multiply(
          values, rows: rows, by: weights.queryKeyValue, outputs: transformer.valueRows, into: stream, accumulate: true)
      case .gradient:
        attention.apply(l, mixed: mixed, into: stream)
      }
      progress()
    }
    let embeddings = contraction(trace.embeddings)
    guard embeddings.allSatisfy(\.isFinite) else { throw .notFinite(what: "the total effect of an embedding") }
    return BackwardResult(embeddings: embeddings, bypasses: bypasses.reversed())
  }
}
