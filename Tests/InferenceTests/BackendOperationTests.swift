// autointerp
// `BackendOperationTests` tests every operation of every backend against the Float64 oracle.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference
import TestSupport
import Testing

/// A backend under test, with a name for the report.
struct BackendCase: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var check: @Sendable (OperationSuite) -> Void

  static let all: [BackendCase] = [
    BackendCase(testDescription: "OpenBLAS, one thread") { $0.run(OpenBLASBackend(threadCount: 1)) },
    BackendCase(testDescription: "OpenBLAS, three threads") { $0.run(OpenBLASBackend(threadCount: 3)) },
    BackendCase(testDescription: "OpenBLAS, mapped weights") { $0.run(OpenBLASBackend(), storage: .mapped) },
  ]
}

/// One operation on given shapes, which runs on a backend and on the oracle.
protocol Operation: Sendable {
  func results<B: ComputeBackend>(on backend: B, storage: WeightStorage) -> [[Float]]
}

struct OperationSuite {
  var operation: any Operation

  /// Products of up to a few hundred terms of size one in Float32.
  static let tolerance: Float = 2e-5

  func run<B: ComputeBackend>(_ backend: B, storage: WeightStorage = .resident) {
    let expected = operation.results(on: Float64Backend(), storage: .resident)
    let found = operation.results(on: backend, storage: storage)
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) {
      #expect(a.count == b.count)
      let scale = max(1, b.map(abs).max() ?? 1)
      let worst = zip(a, b).map { abs($0 - $1) }.max() ?? 0
      #expect(worst <= Self.tolerance * scale, "worst difference \(worst) at scale \(scale)")
    }
  }
}

@Suite struct BackendOperationTests {
  /// One row and many rows; fewer outputs than a panel, and more than two of the widest panels.
  static let shapes = [(1, 5, 3), (7, 16, 33), (40, 300, 64), (65, 700, 48), (3, 4200, 20)]

  @Test(arguments: BackendCase.all, shapes)
  func multipliesByTransposedWeights(backend: BackendCase, shape: (rows: Int, outputs: Int, inputs: Int)) {
    for accumulate in [false, true] {
      backend.check(
        OperationSuite(operation: Product(shape: shape, transposed: true, accumulate: accumulate, use: .projection)))
      backend.check(
        OperationSuite(operation: Product(shape: shape, transposed: true, accumulate: accumulate, use: .table)))
    }
  }

  @Test(arguments: BackendCase.all, shapes)
  func multipliesByWeights(backend: BackendCase, shape: (rows: Int, outputs: Int, inputs: Int)) {
    for accumulate in [false, true] {
      backend.check(
        OperationSuite(operation: Product(shape: shape, transposed: false, accumulate: accumulate, use: .projection)))
      backend.check(
        OperationSuite(operation: Product(shape: shape, transposed: false, accumulate: accumulate, use: .table)))
    }
  }

  @Test(arguments: BackendCase.all) func gathersRowsAndColumnsOfWeights(backend: BackendCase) {
    for use in [WeightUse.projection, .table] {
      backend.check(OperationSuite(operation: Gather(use: use)))
    }
  }

  @Test(arguments: BackendCase.all) func doesElementwiseOperations(backend: BackendCase) {
    for width in [1, 3, 7, 8, 40] { backend.check(OperationSuite(operation: Elementwise(width: width))) }
  }

  @Test(arguments: BackendCase.all) func attendsWithinSegments(backend: BackendCase) {
    for heads in [(4, 4), (6, 2), (9, 3)] {
      backend.check(OperationSuite(operation: Attention(heads: heads.0, groups: heads.1, dimension: 8)))
    }
  }

  @Test(arguments: BackendCase.all) func goesBackThroughAttentionAndAttendsOverACache(backend: BackendCase) {
    for heads in [(4, 4), (6, 2), (9, 3)] {
      backend.check(OperationSuite(operation: AttentionBackwardPass(heads: heads.0, groups: heads.1, dimension: 8)))
      backend.check(OperationSuite(operation: CachedAttention(heads: heads.0, groups: heads.1, dimension: 8)))
    }
  }

  static let encodings =
    ElementType.allCases.map { WeightEncoding(elementType: $0) } + [
      WeightEncoding(elementType: .float32, interleavedHeadCount: 4),
      WeightEncoding(elementType: .q4_K, interleavedHeadCount: 4),
    ]

  @Test(arguments: BackendCase.all, encodings)
  func readsWeightsOfEveryStorageType(backend: BackendCase, encoding: WeightEncoding) {
    backend.check(OperationSuite(operation: StoredWeights(encoding: encoding)))
  }

  static let operations: [any Operation] =
    shapes.flatMap { shape in
      [true, false].map { Product(shape: shape, transposed: $0, accumulate: true, use: .projection) }
    } + [
      Elementwise(width: 40), Attention(heads: 9, groups: 3, dimension: 8), Gather(use: .projection),
      StoredWeights(encoding: WeightEncoding(elementType: .q5_K)),
    ]

  @Test func resultsDoNotDependOnThreads() {
    for operation in Self.operations {
      let expected = operation.results(on: OpenBLASBackend(threadCount: 1), storage: .resident)
      #expect(operation.results(on: OpenBLASBackend(threadCount: 4), storage: .resident) == expected)
      #expect(operation.results(on: OpenBLASBackend(threadCount: 4).lane(3), storage: .resident) == expected)
    }
  }

  @Test func resultsDoNotDependOnWhereWeightsAre() {
    for shape in [(40, 700, 640), (12, 1100, 576)] {
      for transposed in [true, false] {
        let product = Product(shape: shape, transposed: transposed, accumulate: false, use: .projection)
        #expect(
          product.results(on: OpenBLASBackend(), storage: .resident)
            == product.results(on: OpenBLASBackend(), storage: .mapped))
      }
    }
  }

  /// What lets many changes share a product: a row comes out the same at every place that `RowPlaces` allows.
  @Test(arguments: [(640, 384), (384, 640), (960, 576), (3072, 576)])
  func rowsAtEqualPlacesComeOutTheSame(shape: (outputs: Int, inputs: Int)) {
    let backend = OpenBLASBackend()
    var numbers = SeededNumbers(state: 41)
    let places = backend.rowPlaces
    let row = numbers.floats(shape.inputs)
    for use in [WeightUse.projection, .table] {
      let w = backend.makeMatrix(
        stacked([shape.outputs], columns: shape.inputs, seed: 43, gained: false), use: use, storage: .resident)
      for rows in [backend.rowBlock, 2 * backend.rowBlock, 5 * backend.rowBlock] {
        for offset in 0..<places.step {
          var values = numbers.floats(rows * shape.inputs)
          let equal = (0..<rows).filter {
            $0 % places.step == offset || (offset < places.alike && $0 % places.step < places.alike)
          }
          for r in equal { values.replaceSubrange(r * shape.inputs..<(r + 1) * shape.inputs, with: row) }
          let y = Region(backend.makeBuffer(count: rows * shape.outputs), stride: shape.outputs)
          backend.multiplyTransposed(
            Region(backend.upload(values), stride: shape.inputs), rows: rows, by: w, outputs: 0..<shape.outputs,
            into: y,
            accumulate: false)
          let first = backend.download(y.at(row: equal[0]), rows: 1, columns: shape.outputs)
          #expect(equal.allSatisfy { backend.download(y.at(row: $0), rows: 1, columns: shape.outputs) == first })
        }
      }
    }
  }

  @Test func rowsInWholeBlocksDoNotDependOnTheOthers() {
    let backend = OpenBLASBackend()
    var numbers = SeededNumbers(state: 41)
    let (outputs, inputs, block) = (576, 640, backend.rowBlock)
    let w = backend.makeMatrix(
      stacked([outputs], columns: inputs, seed: 43, gained: false), use: .projection, storage: .resident)
    let values = numbers.floats(5 * block * inputs)
    let a = Region(backend.upload(values), stride: inputs)
    let together = Region(backend.makeBuffer(count: 5 * block * outputs), stride: outputs)
    backend.multiplyTransposed(a, rows: 5 * block, by: w, outputs: 0..<outputs, into: together, accumulate: false)
    for b in 0..<5 {
      let alone = Region(backend.makeBuffer(count: block * outputs), stride: outputs)
      backend.multiplyTransposed(
        a.at(row: b * block), rows: block, by: w, outputs: 0..<outputs, into: alone, accumulate: false)
      #expect(
        backend.download(alone, rows: block, columns: outputs)
          == backend.download(together.at(row: b * block), rows: block, columns: outputs))
    }
  }
}
