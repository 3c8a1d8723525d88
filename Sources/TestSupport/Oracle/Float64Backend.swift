// autointerp
// `Float64Backend` computes slowly in Float64 with simple loops; tests compare the fast backends with it.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints
package import Inference

/// Float64 values behind a reference.
// @unchecked Sendable: the oracle runs on one thread.
package final class DoubleBuffer: @unchecked Sendable {
  package var values: [Double]
  init(_ values: [Double]) { self.values = values }
}

/// A stacked weight matrix, `[outputCount, inputCount]`, row-major.
package struct DoubleMatrix: WeightMatrix {
  package let outputCount: Int
  package let inputCount: Int
  package let values: [Double]

  subscript(output: Int, input: Int) -> Double { values[output * inputCount + input] }
}

/// Notes how large the largest buffer of a backend is, for tests of bounds on memory.
// @unchecked Sendable: the oracle runs on one thread.
package final class BufferSizes: @unchecked Sendable {
  /// In elements.
  package private(set) var largest = 0

  package init() {}

  package func forget() { largest = 0 }

  fileprivate func note(_ count: Int) { largest = max(largest, count) }
}

/// Computes in Float64, one element after another.
package struct Float64Backend: ComputeBackend {
  package typealias Buffer = DoubleBuffer
  package typealias Indices = [Int32]
  package typealias Matrix = DoubleMatrix

  private let sizes: BufferSizes?

  /// - Parameter sizes: notes the buffers that are made with zeros.
  package init(noting sizes: BufferSizes? = nil) { self.sizes = sizes }
  package var kernelName: String { "float64" }
  package var rowBlock: Int { 1 }
  package var rowPlaces: RowPlaces { RowPlaces(step: 1, alike: 1) }
  package var laneCount: Int { 1 }
  package func lane(_ index: Int) -> Float64Backend { self }

  package func makeBuffer(count: Int) -> DoubleBuffer {
    sizes?.note(count)
    return DoubleBuffer(Array(repeating: 0, count: count))
  }
  /// Not-a-numbers, so that a result that depends on them is noticed.
  package func makeScratch(count: Int) -> DoubleBuffer { DoubleBuffer(Array(repeating: .nan, count: count)) }
  package func upload(_ values: [Float]) -> DoubleBuffer { DoubleBuffer(values.map(Double.init)) }
  package func upload(_ indices: [Int32]) -> [Int32] { indices }
  package func download(_ x: Region<DoubleBuffer>, rows: Int, columns: Int) -> [Float] {
    (0..<rows).flatMap { r in (0..<columns).map { Float(x[r, $0]) } }
  }

  package func makeMatrix(_ parts: [WeightPart], use: WeightUse, storage: WeightStorage) -> DoubleMatrix {
    let columns = parts[0].view.columnCount
    var values: [Double] = []
    for part in parts {
      let rows = [Float](unsafeUninitializedCapacity: part.view.rowCount * columns) { target, count in
        part.view.copyRows(0..<part.view.rowCount, into: target.baseAddress!)
        count = part.view.rowCount * columns
      }
      values += rows.indices.map { Double(rows[$0]) * Double(part.columnGain?[$0 % columns] ?? 1) }
    }
    return DoubleMatrix(outputCount: values.count / columns, inputCount: columns, values: values)
  }

  package func multiplyTransposed(
    _ a: Region<DoubleBuffer>, rows: Int, by w: DoubleMatrix, outputs: Range<Int>, into c: Region<DoubleBuffer>,
    accumulate: Bool
  ) {
    for r in 0..<rows {
      for o in outputs {
        let sum = (0..<w.inputCount).reduce(0) { $0 + a[r, $1] * w[o, $1] }
        c[r, o - outputs.lowerBound] = sum + (accumulate ? c[r, o - outputs.lowerBound] : 0)
      }
    }
  }

  package func multiply(
    _ a: Region<DoubleBuffer>, rows: Int, by w: DoubleMatrix, outputs: Range<Int>, into c: Region<DoubleBuffer>,
    accumulate: Bool
  ) {
    for r in 0..<rows {
      for i in 0..<w.inputCount {
        let sum = outputs.reduce(0) { $0 + a[r, $1 - outputs.lowerBound] * w[$1, i] }
        c[r, i] = sum + (accumulate ? c[r, i] : 0)
      }
    }
  }

  package func gatherOutputs(
    _ indices: [Int32], count: Int, of w: DoubleMatrix, scales: DoubleBuffer?, into c: Region<DoubleBuffer>,
    accumulate: Bool
  ) {
    for i in 0..<count {
      for k in 0..<w.inputCount {
        c[i, k] = (scales?.values[i] ?? 1) * w[Int(indices[i]), k] + (accumulate ? c[i, k] : 0)
      }
    }
  }

  package func gatherInputs(
    _ indices: [Int32], count: Int, of w: DoubleMatrix, scales: DoubleBuffer, into c: Region<DoubleBuffer>,
    at rows: [Int32]
  ) {
    for i in 0..<count {
      for k in 0..<w.outputCount { c[Int(rows[i]), k] = scales.values[i] * w[k, Int(indices[i])] }
    }
  }
}

extension Region where Buffer == DoubleBuffer {
  subscript(row: Int, column: Int) -> Double {
    get { buffer.values[offset + row * stride + column] }
    nonmutating set { buffer.values[offset + row * stride + column] = newValue }
  }
}
