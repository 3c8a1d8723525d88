// autointerp
// `Transformer.forward` runs the ordinary forward pass and records what the linearised passes need.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints

extension Transformer {
  /// Runs the prompt and records what RelP needs. Computes only the last position's logits.
  ///
  /// Takes about `2 * parameters * tokens` floating-point operations.
  /// - Throws: `InferenceError` if a token or the length is out of range, or a logit is not finite.
  package func forward(
    _ tokens: [Int32], on backend: Backend, progress: () -> Void = {}
  ) throws(InferenceError) -> ForwardTrace<Backend> {
    try check(tokens)
    let c = configuration
    let rows = (tokens.count + 3) / 4 * 4
    let stream = Region(backend.makeBuffer(count: rows * c.modelDimension), stride: c.modelDimension)
    backend.gatherOutputs(
      backend.upload(tokens), count: tokens.count, of: embedding, scales: nil, into: stream, accumulate: false)
    let embeddings = Region(backend.makeScratch(count: rows * c.modelDimension), stride: c.modelDimension)
    backend.copy(stream, rows: rows, columns: c.modelDimension, into: embeddings)

    let layout = attentionLayout(tokenCount: tokens.count)
    let segments = [AttentionSegment(firstRow: 0, rowCount: tokens.count, attentionOffset: 0)]
    let scratch = LayerScratch(configuration: c, rows: rows, backend: backend)
    let rotation = Rotation(configuration: c, positions: [Array(0..<rows)], backend: backend)
    let traced = ForwardTrace.layers(of: c, tokens: tokens.count, rows: rows, on: backend)
    for (l, layer) in traced.enumerated() {
      attend(
        l, stream, rows: rows, rotation: rotation, segments: segments, layout: layout, attention: layer.attention,
        scratch: scratch.keeping(layer), on: backend)
      backend.scaleKeys(of: layer.attention, count: tokens.count, layout: layout, by: layer.attentionInverse)
      backend.copy(stream, rows: rows, columns: c.modelDimension, into: layer.middle)
      activate(
        l, stream, rows: rows, into: layer.activations, derivatives: layer.derivatives, inverse: layer.inverse,
        scratch: scratch, on: backend)
      backend.multiplyTransposed(
        layer.activations, rows: rows, by: layers[l].down, outputs: 0..<c.modelDimension, into: layer.update,
        accumulate: false)
      backend.add(layer.update, rows: rows, columns: c.modelDimension, into: stream)
      progress()
    }
    let (logits, inverse) = try readLogits(stream.at(row: tokens.count - 1), on: backend)
    return ForwardTrace(
      tokens: tokens, rowCapacity: rows, embeddings: embeddings, layers: traced, finalInverse: inverse,
      logits: logits)
  }

  func check(_ tokens: [Int32]) throws(InferenceError) {
    if tokens.isEmpty { throw .noTokens }
    if tokens.count > configuration.contextLength {
      throw .promptTooLong(tokens: tokens.count, contextLength: configuration.contextLength)
    }
    for (position, token) in tokens.enumerated() where token < 0 || Int(token) >= configuration.vocabularySize {
      throw .tokenOutOfRange(token: token, position: position, vocabularySize: configuration.vocabularySize)
    }
  }
}

/// Buffers that every layer reuses.
struct LayerScratch<Backend: ComputeBackend> {
  /// `[rows, D]`
  let normed: Region<Backend.Buffer>
  /// `[rows]`: the inverse rms before attention.
  private(set) var inverse: Region<Backend.Buffer>
  /// `[rows, (H + 2K) d]`
  private(set) var queryKeyValue: Region<Backend.Buffer>
  /// `[rows, (H + K) d]`: where queries and keys are stored before the norms of each head. Nil if nobody needs them.
  private(set) var unnormedHeads: Region<Backend.Buffer>?
  /// `[rows, H d]`
  let mixed: Region<Backend.Buffer>
  /// `[rows, 2F]`
  let gateUp: Region<Backend.Buffer>

  init(configuration c: ModelConfiguration, rows: Int, backend: Backend) {
    func make(_ columns: Int) -> Region<Backend.Buffer> {
      Region(backend.makeScratch(count: rows * columns), stride: columns)
    }
    normed = make(c.modelDimension)
    inverse = make(1)
    queryKeyValue = make((c.headCount + 2 * c.keyValueHeadCount) * c.headDimension)
    // Rows outside of segments stay zero.
    let heads = c.headCount * c.headDimension
    mixed = Region(backend.makeBuffer(count: rows * heads), stride: heads)
    gateUp = make(2 * c.feedForwardDimension)
  }

  /// The same buffers, except those whose contents a trace keeps.
  func keeping(_ layer: ForwardTrace<Backend>.Layer) -> LayerScratch {
    var scratch = self
    scratch.inverse = layer.attentionInverse
    scratch.queryKeyValue = layer.projections
    scratch.unnormedHeads = layer.unnormedHeads
    return scratch
  }
}

/// The rotary angles for the rows of a pass.
struct Rotation<Backend: ComputeBackend> {
  let table: Backend.Buffer
  let positions: Backend.Indices

  /// `positions` are those of each segment's rows, in order. `isReversed` rotates the other way, for the backward pass.
  init(configuration: ModelConfiguration, positions: [[Int]], isReversed: Bool = false, backend: Backend) {
    let rows = positions.flatMap { $0 }
    table = backend.upload(
      configuration.rotaryTable(positions: (rows.max() ?? 0) + 1, isReversed: isReversed))
    self.positions = backend.upload(rows.map { Int32($0) })
  }
}

extension Transformer {
  /// `stream += attention(rms(stream))`. Leaves the inverse rms in `scratch.inverse` and the probabilities in
  /// `attention`.
  func attend(
    _ l: Int, _ stream: Region<Backend.Buffer>, rows: Int, rotation: Rotation<Backend>,
    segments: [AttentionSegment], layout: AttentionLayout, attention: Region<Backend.Buffer>,
    scratch: LayerScratch<Backend>,
    on backend: Backend
  ) {
    project(l, stream, rows: rows, rotation: rotation, scratch: scratch, on: backend)
    let queries = scratch.queryKeyValue
    backend.attentionProbabilities(
      queries: queries, keys: queries.at(column: keyColumn), scale: attentionScale, segments: segments, layout: layout,
      into: attention)
    backend.mix(
      queries.at(column: valueRows.lowerBound), attention: attention, segments: segments, layout: layout,
      into: scratch.mixed)
    backend.multiplyTransposed(
      scratch.mixed, rows: rows, by: layers[l].attentionOutput, outputs: 0..<configuration.modelDimension,
      into: stream, accumulate: true)
  }

  /// Computes the queries, keys and values of layer `l`, normed and rotated, into `scratch.queryKeyValue`.
  func project(
    _ l: Int, _ stream: Region<Backend.Buffer>, rows: Int, rotation: Rotation<Backend>, scratch: LayerScratch<Backend>,
    on backend: Backend
  ) {
    let c = configuration
    let layer = layers[l]
    backend.normalize(
      stream, rows: rows, columns: c.modelDimension, epsilon: c.rmsEpsilon, gain: nil, into: scratch.normed,
      inverse: scratch.inverse)
    backend.multiplyTransposed(
      scratch.normed, rows: rows, by: layer.queryKeyValue, outputs: 0..<layer.queryKeyValue.outputCount,
      into: scratch.queryKeyValue, accumulate: false)
    let queries = scratch.queryKeyValue
    if let unnormed = scratch.unnormedHeads {
      backend.copy(queries, rows: rows, columns: valueRows.lowerBound, into: unnormed)
    }
    for (heads, count, norm) in [
      (queries, c.headCount, layer.headNorms?.query),
      (queries.at(column: keyColumn), c.keyValueHeadCount, layer.headNorms?.key),
    ] {
      if let norm {
        backend.normalizeHeads(
          heads, rows: rows, headCount: count, headDimension: c.headDimension, epsilon: c.rmsEpsilon, gain: norm)
      }
      backend.rotate(
        heads, rows: rows, headCount: count, headDimension: c.headDimension, table: rotation.table,
        positions: rotation.positions)
    }
  }

  /// Computes the neurons of layer `l` from the residual stream between attention and MLP.
  func activate(
    _ l: Int, _ middle: Region<Backend.Buffer>, rows: Int, into activations: Region<Backend.Buffer>,
    derivatives: GateDerivatives<Backend.Buffer>?, inverse: Region<Backend.Buffer>?, scratch: LayerScratch<Backend>,
    on backend: Backend
  ) {
    let c = configuration
    backend.normalize(
      middle, rows: rows, columns: c.modelDimension, epsilon: c.rmsEpsilon, gain: nil, into: scratch.normed,
      inverse: inverse)
    backend.multiplyTransposed(
      scratch.normed, rows: rows, by: layers[l].gateUp, outputs: 0..<2 * c.feedForwardDimension, into: scratch.gateUp,
      accumulate: false)
    backend.gatedActivation(
      scratch.gateUp, rows: rows, width: c.feedForwardDimension, into: activations, derivatives: derivatives)
  }

  /// Returns the logits `[V]` of a row of the final residual stream, and its inverse rms.
  func readLogits(
    _ x: Region<Backend.Buffer>, on backend: Backend
  ) throws(InferenceError) -> (logits: [Float], inverse: Float) {
    let c = configuration
    let normed = Region(backend.makeBuffer(count: c.modelDimension), stride: c.modelDimension)
    let inverse = Region(backend.makeBuffer(count: 1), stride: 1)
    backend.normalize(
      x, rows: 1, columns: c.modelDimension, epsilon: c.rmsEpsilon, gain: outputGainBuffer, into: normed,
      inverse: inverse)
    let logits = Region(backend.makeBuffer(count: c.vocabularySize), stride: c.vocabularySize)
    backend.multiplyTransposed(
      normed, rows: 1, by: unembedding, outputs: 0..<c.vocabularySize, into: logits, accumulate: false)
    let values = backend.download(logits, rows: 1, columns: c.vocabularySize)
    guard values.allSatisfy(\.isFinite) else { throw .notFinite(what: "a logit") }
    return (values, backend.download(inverse, rows: 1, columns: 1)[0])
  }
}
