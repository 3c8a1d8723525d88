// autointerp
// The types that conform to `Operation` are the operations on which tests compare backends.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference
import Testing

func stacked(
  _ parts: [Int], columns: Int, seed: UInt64, gained: Bool, as encoding: WeightEncoding = WeightEncoding()
) -> [WeightPart] {
  var numbers = SeededNumbers(state: seed)
  return parts.map { rows in
    WeightPart(
      encoding.view(rows: rows, columns: columns, numbers: &numbers),
      columnGain: gained ? numbers.floats(columns) : nil)
  }
}

/// How a test's weights are stored.
struct WeightEncoding: Sendable, CustomTestStringConvertible {
  var elementType = ElementType.float32
  var interleavedHeadCount: Int?

  var testDescription: String { elementType.rawValue + (interleavedHeadCount.map { ", \($0) heads" } ?? "") }

  /// Random weights of size one: floats, or random blocks with sensible scales.
  func view(rows: Int, columns: Int, numbers: inout SeededNumbers) -> TensorView {
    if elementType == .float32 {
      return TensorView(name: "w", rows: rows, columns: columns, values: numbers.floats(rows * columns))
    }
    let type = elementType
    let count = rows * columns / type.blockElements
    var bytes: [UInt8] = []
    for _ in 0..<count {
      var block = (0..<type.blockBytes).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
      // Half-precision scales from 2^-8 to 2^-7, so that no value is infinite; a bfloat16 from 1/2 to 2.
      for offset in Self.scaleOffsets(of: type) { block[offset + 1] = 0x1C | block[offset + 1] & 3 }
      if type == .bfloat16 { block[1] = 0x3F | block[1] & 0x80 }
      if type == .float16 { block[1] = 0x38 | block[1] & 0x83 }
      bytes += block
    }
    return bytes.withUnsafeBytes {
      TensorView(
        name: "w", rows: rows, columns: columns, elementType: type, bytes: $0,
        interleavedHeadCount: interleavedHeadCount)
    }
  }

  private static func scaleOffsets(of type: ElementType) -> [Int] {
    switch type {
    case .float32, .float16, .bfloat16: []
    case .q8_0, .q4_0, .q5_0: [0]
    case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
    case .q6_K: [208]
    }
  }
}

/// Weights as a checkpoint stores them, in products and row by row.
struct StoredWeights: Operation {
  var encoding: WeightEncoding

  func results<B: ComputeBackend>(on backend: B, storage: WeightStorage) -> [[Float]] {
    var numbers = SeededNumbers(state: 31)
    let (rows, outputs, inputs) = (5, 96, 256)
    let w = backend.makeMatrix(
      stacked([64, 32], columns: inputs, seed: 37, gained: true, as: encoding), use: .projection, storage: storage)
    let a = Region(backend.upload(numbers.floats(rows * inputs)), stride: inputs)
    let y = Region(backend.makeBuffer(count: rows * outputs), stride: outputs)
    backend.multiplyTransposed(a, rows: rows, by: w, outputs: 0..<outputs, into: y, accumulate: false)
    let x = Region(backend.makeBuffer(count: rows * inputs), stride: inputs)
    backend.multiply(y, rows: rows, by: w, outputs: 0..<outputs, into: x, accumulate: false)
    let row = Region(backend.makeBuffer(count: inputs), stride: inputs)
    backend.gatherOutputs(
      backend.upload([70] as [Int32]), count: 1, of: w, scales: nil, into: row, accumulate: false)
    let column = Region(backend.makeBuffer(count: outputs), stride: outputs)
    backend.gatherInputs(
      backend.upload([255] as [Int32]), count: 1, of: w, scales: backend.upload([2] as [Float]), into: column,
      at: backend.upload([0] as [Int32]))
    return [
      backend.download(y, rows: rows, columns: outputs), backend.download(x, rows: rows, columns: inputs),
      backend.download(row, rows: 1, columns: inputs), backend.download(column, rows: 1, columns: outputs),
    ]
  }
}

struct Product: Operation {
  var shape: (rows: Int, outputs: Int, inputs: Int)
  var transposed: Bool
  var accumulate: Bool
  var use: WeightUse

  func results<B: ComputeBackend>(on backend: B, storage: WeightStorage) -> [[Float]] {
    var numbers = SeededNumbers(state: 3)
    let (rows, outputs, inputs) = shape
    let w = backend.makeMatrix(
      stacked([outputs - outputs / 3, outputs / 3].filter { $0 > 0 }, columns: inputs, seed: 7, gained: true),
      use: use, storage: storage)
    let range = outputs / 4..<outputs
    let (from, to) = transposed ? (inputs, range.count) : (range.count, inputs)
    let a = Region(backend.upload(numbers.floats(rows * (from + 2))), offset: 1, stride: from + 2)
    let c = Region(backend.upload(numbers.floats(rows * (to + 3))), offset: 2, stride: to + 3)
    if transposed {
      backend.multiplyTransposed(a, rows: rows, by: w, outputs: range, into: c, accumulate: accumulate)
    } else {
      backend.multiply(a, rows: rows, by: w, outputs: range, into: c, accumulate: accumulate)
    }
    return [backend.download(c, rows: rows, columns: to)]
  }
}

struct Gather: Operation {
  var use: WeightUse

  func results<B: ComputeBackend>(on backend: B, storage: WeightStorage) -> [[Float]] {
    var numbers = SeededNumbers(state: 5)
    let (outputs, inputs) = (20, 13)
    let w = backend.makeMatrix(
      stacked([12, 8], columns: inputs, seed: 9, gained: true), use: use, storage: storage)
    let rows = Region(backend.upload(numbers.floats(3 * inputs)), stride: inputs)
    let scales = backend.upload(numbers.floats(3))
    backend.gatherOutputs(
      backend.upload([19, 0, 12] as [Int32]), count: 3, of: w, scales: scales, into: rows, accumulate: true)
    let plain = Region(backend.makeBuffer(count: 3 * inputs), stride: inputs)
    backend.gatherOutputs(
      backend.upload([1, 1, 2] as [Int32]), count: 3, of: w, scales: nil, into: plain, accumulate: false)
    let columns = Region(backend.upload(numbers.floats(5 * outputs)), stride: outputs)
    backend.gatherInputs(
      backend.upload([12, 0] as [Int32]), count: 2, of: w, scales: scales, into: columns,
      at: backend.upload([4, 1] as [Int32]))
    return [
      backend.download(rows, rows: 3, columns: inputs), backend.download(plain, rows: 3, columns: inputs),
      backend.download(columns, rows: 5, columns: outputs),
    ]
  }
}

struct Elementwise: Operation {
  var width: Int

  func results<B: ComputeBackend>(on backend: B, storage: WeightStorage) -> [[Float]] {
    var numbers = SeededNumbers(state: 11)
    let rows = 3
    var results: [[Float]] = []
    func region(_ columns: Int, _ range: ClosedRange<Float> = -1...1) -> Region<B.Buffer> {
      Region(backend.upload(numbers.floats(rows * (columns + 1), in: range)), offset: 1, stride: columns + 1)
    }
    func keep(_ x: Region<B.Buffer>, _ columns: Int) {
      results.append(backend.download(x, rows: rows, columns: columns))
    }
    let (x, y, scales) = (region(width), region(width), region(1))
    backend.add(x, rows: rows, columns: width, into: y)
    keep(y, width)
    backend.addScaledRows(x, rows: rows, columns: width, scales: scales, into: y)
    keep(y, width)
    backend.scaleRows(y, rows: rows, columns: width, by: scales)
    backend.scaleColumns(y, rows: rows, columns: width, by: x)
    keep(y, width)
    let (normed, inverse) = (region(width), region(1))
    backend.normalize(
      x, rows: rows, columns: width, epsilon: 1e-5, gain: backend.upload(numbers.floats(width)), into: normed,
      inverse: inverse)
    keep(normed, width)
    keep(inverse, 1)
    backend.normalize(x, rows: rows, columns: width, epsilon: 1e-5, gain: nil, into: normed, inverse: nil)
    keep(normed, width)
    backend.normalize(normed, rows: rows, columns: width, epsilon: 1e-5, gain: nil, into: normed, inverse: nil)
    keep(normed, width)
    // Ordinary gates, and gates deep in saturation on either side.
    let (h, factors, slope) = (region(width), region(2 * width), region(width))
    var gateUp = region(2 * width, -4...4)
    backend.gatedActivation(
      gateUp, rows: rows, width: width, into: h, derivatives: GateDerivatives(factors: factors, slope: slope))
    keep(h, width)
    keep(factors, 2 * width)
    keep(slope, width)
    gateUp = region(2 * width, -100...100)
    backend.gatedActivation(
      gateUp, rows: rows, width: width, into: h, derivatives: GateDerivatives(factors: factors, slope: slope))
    keep(h, width)
    keep(factors, 2 * width)
    keep(slope, width)
    for slope in [nil, slope] {
      backend.applyFactors(x, rows: rows, width: width, factors: factors, slope: slope, into: gateUp)
      keep(gateUp, 2 * width)
    }
    backend.gatedActivation(gateUp, rows: rows, width: width, into: h, derivatives: nil)
    keep(h, width)
    let cotangent = region(width)
    for (gain, accumulate) in [(nil, true), (backend.upload(numbers.floats(width)), false)] {
      backend.normalizeBackward(
        x, of: normed, rows: rows, columns: width, epsilon: 1e-5, gain: gain, into: cotangent, accumulate: accumulate)
      keep(cotangent, width)
    }
    backend.normalizeBackward(
      cotangent, of: normed, rows: rows, columns: width, epsilon: 1e-5, gain: nil, into: cotangent, accumulate: false)
    keep(cotangent, width)
    backend.edit(
      h,
      [
        NeuronEdit(row: 0, index: 0, operation: .set(3)), NeuronEdit(row: 1, index: width - 1, operation: .scale(2)),
        NeuronEdit(row: 1, index: width - 1, operation: .add(0.5)),
      ])
    keep(h, width)
    let dots = backend.makeBuffer(count: 4)
    backend.pairDots(
      x, rows: backend.upload([0, 2, 2] as [Int32]), y, rows: backend.upload([1, 0, 2] as [Int32]), count: 3,
      columns: width, into: dots, offset: 1)
    results.append(backend.download(Region(dots, stride: 4), rows: 1, columns: 4))
    backend.copy(x, rows: rows, columns: width, into: y)
    keep(y, width)
    return results
  }
}

struct Attention: Operation {
  var heads: Int
  var groups: Int
  var dimension: Int

  func results<B: ComputeBackend>(on backend: B, storage: WeightStorage) -> [[Float]] {
    var numbers = SeededNumbers(state: 13)
    let lengths = [1, 2, 45]
    let rows = lengths.reduce(0, +)
    let longest = 45
    let layout = AttentionLayout(
      headCount: heads, keyValueHeadCount: groups, headDimension: dimension, headStride: longest * longest)
    var segments: [AttentionSegment] = []
    for (i, length) in lengths.enumerated() {
      segments.append(
        AttentionSegment(
          firstRow: lengths[..<i].reduce(0, +), rowCount: length,
          attentionOffset: i * heads * longest * longest))
    }
    func region(_ columns: Int) -> Region<B.Buffer> {
      Region(backend.upload(numbers.floats(rows * columns, in: -2...2)), stride: columns)
    }
    let (q, k, v) = (region(heads * dimension), region(groups * dimension), region(groups * dimension))
    let table = backend.upload(numbers.floats(longest * dimension))
    let positions = backend.upload(lengths.flatMap { (0..<Int32($0)).map { $0 } })
    backend.rotate(
      q, rows: rows, headCount: heads, headDimension: dimension, table: table, positions: positions)
    backend.normalizeHeads(
      k, rows: rows, headCount: groups, headDimension: dimension, epsilon: 1e-6,
      gain: backend.upload(numbers.floats(dimension)))
    let attention = Region(
      backend.makeBuffer(count: 5 + lengths.count * heads * longest * longest), offset: 5, stride: longest)
    backend.attentionProbabilities(
      queries: q, keys: k, scale: 0.7, segments: segments, layout: layout, into: attention)
    let probabilities = backend.download(
      attention, rows: lengths.count * heads * longest, columns: longest)
    let z = region(heads * dimension)
    backend.mix(v, attention: attention, segments: segments, layout: layout, into: z)
    let mixed = backend.download(z, rows: rows, columns: heads * dimension)
    let y = region(groups * dimension)
    backend.mixTransposed(z, attention: attention, segments: segments, layout: layout, into: y)
    backend.scaleKeys(
      of: attention.at(row: 2 * heads * longest), count: 45, layout: layout, by: Region(y.buffer, stride: 3))
    return [
      probabilities, mixed, backend.download(y, rows: rows, columns: groups * dimension),
      backend.download(attention, rows: lengths.count * heads * longest, columns: longest),
    ]
  }
}

struct AttentionBackwardPass: Operation {
  var heads: Int
  var groups: Int
  var dimension: Int

  func results<B: ComputeBackend>(on backend: B, storage: WeightStorage) -> [[Float]] {
    var numbers = SeededNumbers(state: 23)
    let (count, columns) = (13, (heads + 2 * groups) * dimension)
    let layout = AttentionLayout(
      headCount: heads, keyValueHeadCount: groups, headDimension: dimension, headStride: count * count)
    func region(_ columns: Int, _ range: ClosedRange<Float>) -> Region<B.Buffer> {
      Region(backend.upload(numbers.floats(count * columns, in: range)), stride: columns)
    }
    let (projections, z) = (region(columns, -1...1), region(heads * dimension, -1...1))
    let scales = region(1, 0.5...2)
    let attention = Region(backend.makeBuffer(count: heads * count * count), stride: count)
    backend.attentionProbabilities(
      queries: projections, keys: projections.at(column: heads * dimension), scale: 0.7,
      segments: [AttentionSegment(firstRow: 0, rowCount: count, attentionOffset: 0)], layout: layout, into: attention)
    backend.scaleKeys(of: attention, count: count, layout: layout, by: scales)
    let y = Region(backend.makeScratch(count: count * columns), stride: columns)
    backend.attentionBackward(
      z, projections: projections, attention: attention, keyScales: scales, scale: 0.7, count: count, layout: layout,
      into: y)
    return [backend.download(y, rows: count, columns: columns)]
  }
}

struct CachedAttention: Operation {
  var heads: Int
  var groups: Int
  var dimension: Int

  func results<B: ComputeBackend>(on backend: B, storage: WeightStorage) -> [[Float]] {
    var numbers = SeededNumbers(state: 29)
    let (tokens, columns) = (11, (heads + 2 * groups) * dimension)
    let layout = AttentionLayout(
      headCount: heads, keyValueHeadCount: groups, headDimension: dimension, headStride: 0)
    let segments = [
      CachedSegment(firstRow: 0, rowCount: 1, position: 10), CachedSegment(firstRow: 1, rowCount: 11, position: 0),
      CachedSegment(firstRow: 12, rowCount: 4, position: 7),
    ]
    let cache = Region(backend.upload(numbers.floats(tokens * columns)), stride: columns)
    let rows = Region(backend.upload(numbers.floats(16 * columns, in: -2...2)), stride: columns)
    let z = Region(backend.makeBuffer(count: 16 * heads * dimension), stride: heads * dimension)
    backend.attend(rows, over: cache, scale: 0.6, segments: segments, layout: layout, into: z)
    return [backend.download(z, rows: 16, columns: heads * dimension)]
  }
}
