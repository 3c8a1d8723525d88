// autointerp
// The operations that backends are compared on.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference

func stacked(_ parts: [Int], columns: Int, seed: UInt64, gained: Bool) -> [WeightPart] {
  var numbers = SeededNumbers(state: seed)
  return parts.map { rows in
    WeightPart(
      TensorView(name: "w", rows: rows, columns: columns, values: numbers.floats(rows * columns)),
      columnGain: gained ? numbers.floats(columns) : nil)
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
    // Gates from deep saturation on one side to the other.
    let (gateUp, h, factors) = (region(2 * width, -100...100), region(width), region(2 * width))
    backend.gatedActivation(gateUp, rows: rows, width: width, into: h, factors: factors)
    keep(h, width)
    keep(factors, 2 * width)
    backend.applyFactors(x, rows: rows, width: width, factors: factors, into: gateUp)
    keep(gateUp, 2 * width)
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
