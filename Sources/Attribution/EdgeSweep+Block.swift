// autointerp
// `EdgeSweep.sweep` computes one block of the edge sweep, from the embeddings up to the logits.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Inference

extension EdgeSweep {
  /// Carries the block's sources up all layers and reads every target above each of them.
  func sweep(_ block: [SweepSource], on backend: Backend, progress: () -> Void) -> EdgeList {
    let c = transformer.configuration
    let (tokens, width) = (trace.tokens.count, c.modelDimension)
    let rowCount = block.last.map { $0.firstRow + tokens - $0.position } ?? 0
    // [rows, D]: perturbations of the residual stream. Rows of sources that have not joined yet are zero.
    let stream = Region(backend.makeBuffer(count: rowCount * width), stride: width)
    let values = Region(
      backend.makeScratch(count: rowCount * transformer.valueRows.count), stride: transformer.valueRows.count)
    let mixed = Region(
      backend.makeScratch(count: rowCount * c.headCount * c.headDimension), stride: c.headCount * c.headDimension)
    let layout = transformer.attentionLayout(tokenCount: tokens)
    let segments = block.map { source in
      AttentionSegment(
        firstRow: source.firstRow, rowCount: tokens - source.position,
        attentionOffset: source.position * tokens + source.position)
    }
    var readings = PairReadings(capacity: pairCount(of: block), backend: backend)

    var joined = 0
    var joinedRows: Int { joined == block.count ? rowCount : block[joined].firstRow }
    join(block, upTo: &joined, layer: -1, stream: stream, on: backend)
    for l in 0..<depth {
      let weights = transformer.layers[l]
      if joined > 0 {
        backend.multiplyTransposed(
          stream, rows: joinedRows, by: weights.queryKeyValue, outputs: transformer.valueRows, into: values,
          accumulate: false)
        backend.mix(
          values, attention: trace.layers[l].attention, segments: Array(segments[..<joined]), layout: layout,
          into: mixed)
        backend.multiplyTransposed(
          mixed, rows: joinedRows, by: weights.attentionOutput, outputs: 0..<width, into: stream, accumulate: true)
        read(targetsByLayer[l], block[..<joined], stream: stream, into: &readings, on: backend)
      }
      join(block, upTo: &joined, layer: l, stream: stream, on: backend)
      progress()
    }
    read(targetsByLayer[depth], block[...], stream: stream, into: &readings, on: backend)
    return edges(of: block, effects: readings.download(on: backend))
  }

  /// Writes the perturbations that appear after layer `layer` into their rows.
  private func join(
    _ block: [SweepSource], upTo joined: inout Int, layer: Int, stream: Region<Backend.Buffer>, on backend: Backend
  ) {
    let width = transformer.configuration.modelDimension
    if layer >= 0, let everything = block[..<joined].first(where: { $0.kind == .everything }) {
      backend.add(
        trace.layers[layer].update, rows: trace.tokens.count, columns: width,
        into: stream.at(row: everything.firstRow))
    }
    var (columns, scales, rows): ([Int32], [Float], [Int32]) = ([], [], [])
    while joined < block.count, block[joined].layer == layer {
      let source = block[joined]
      switch source.kind {
      case .everything:
        backend.copy(
          trace.embeddings, rows: trace.tokens.count, columns: width, into: stream.at(row: source.firstRow))
      case .embedding:
        backend.copy(
          trace.embeddings.at(row: source.position), rows: 1, columns: width, into: stream.at(row: source.firstRow))
      case .neuron(let number):
        columns.append(nodes.neurons.index[number])
        scales.append(nodes.neurons.activation[number])
        rows.append(Int32(source.firstRow))
      }
      joined += 1
    }
    if !columns.isEmpty {
      backend.gatherInputs(
        backend.upload(columns), count: columns.count, of: transformer.layers[layer].down,
        scales: backend.upload(scales), into: stream, at: backend.upload(rows))
    }
  }

  /// Reads the effect of every source on every target that it can reach, target by target.
  private func read(
    _ targets: [Int], _ sources: ArraySlice<SweepSource>, stream: Region<Backend.Buffer>,
    into readings: inout PairReadings<Backend>, on backend: Backend
  ) {
    var (streamRows, startRows): ([Int32], [Int32]) = ([], [])
    for t in targets {
      let p = position(ofTarget: t)
      for source in sources where source.position <= p {
        streamRows.append(Int32(source.firstRow + p - source.position))
        startRows.append(Int32(t))
      }
    }
    readings.append(
      stream, rows: streamRows, starts, rows: startRows, columns: transformer.configuration.modelDimension,
      on: backend)
  }

  /// How many pairs `read` will make for the block.
  private func pairCount(of block: [SweepSource]) -> Int {
    var count = 0
    for (l, targets) in targetsByLayer.enumerated() {
      for t in targets {
        let p = position(ofTarget: t)
        count += block.reduce(0) { $0 + ($1.layer < l && $1.position <= p ? 1 : 0) }
      }
    }
    return count
  }

  /// Applies the threshold. `effects` are in the order of `read`.
  private func edges(of block: [SweepSource], effects: [Float]) -> EdgeList {
    var list = EdgeList()
    list.largest = [Float](repeating: 0, count: targetCount)
    let threshold = settings.edgeThreshold * scale
    let neuronCount = nodes.neurons.count
    if block.contains(where: { $0.kind == .everything }) {
      list.totals = [Float](repeating: 0, count: targetCount)
    }
    var next = 0
    for (l, targets) in targetsByLayer.enumerated() {
      for t in targets {
        let p = position(ofTarget: t)
        let gradient = t < neuronCount ? nodes.neurons.gradient[t] : 1
        // Logits are numbered after the embeddings.
        let target = Int32(t < neuronCount ? t : t + tokenCount)
        for source in block where source.layer < l && source.position <= p {
          let effect = effects[next]
          next += 1
          let number: Int
          switch source.kind {
          case .everything:
            list.totals?[t] = effect
            continue
          case .neuron(let n): number = n
          case .embedding: number = neuronCount + source.position
          }
          let flow = effect * gradient
          let size = Double(abs(flow))
          list.pairCount += 1
          list.allFlow += size
          list.largest[t] = max(list.largest[t], abs(effect))
          if size >= threshold {
            list.keptFlow += size
            list.columns.append(source: Int32(number), target: target, effect: effect, flow: flow)
          }
        }
      }
    }
    return list
  }
}

/// Dot products, appended layer by layer and downloaded once.
struct PairReadings<Backend: ComputeBackend> {
  private let buffer: Backend.Buffer
  private let capacity: Int
  private var count = 0

  init(capacity: Int, backend: Backend) {
    self.capacity = capacity
    buffer = backend.makeBuffer(count: capacity)
  }

  mutating func append(
    _ x: Region<Backend.Buffer>, rows xRows: [Int32], _ y: Region<Backend.Buffer>, rows yRows: [Int32], columns: Int,
    on backend: Backend
  ) {
    precondition(xRows.count == yRows.count && count + xRows.count <= capacity)
    if xRows.isEmpty { return }
    backend.pairDots(
      x, rows: backend.upload(xRows), y, rows: backend.upload(yRows), count: xRows.count, columns: columns,
      into: buffer, offset: count)
    count += xRows.count
  }

  func download(on backend: Backend) -> [Float] {
    precondition(count == capacity)
    return backend.download(Region(buffer, stride: max(capacity, 1)), rows: 1, columns: capacity)
  }
}
