// autointerp
// `ProjectionTests` tests that projections of neurons on the vocabulary equal simple loops.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Inference
import Testing

@Suite struct ProjectionTests {
  static let tolerance: Float = 1e-4

  @Test(arguments: [SmallModel.tied, .untied], [false, true])
  func agreesWithNaiveLoops(model: SmallModel, gained: Bool) throws {
    let checkpoint = model.checkpoint
    let backend = OpenBLASBackend()
    let transformer = Transformer(checkpoint, backend: backend, storage: .resident)
    let projector = NeuronProjector(transformer, backend: backend, appliesFinalGain: gained)
    let found = try projector.project(layer: 1, indices: [39, 0], topCount: 5)
    let oracle = Oracle(checkpoint)
    for projection in found {
      let direction = oracle.column(.down(layer: 1), projection.index)
      let gain = gained ? oracle.rows(.outputNorm)[0] : Array(repeating: 1, count: 32)
      let table = oracle.rows(model == .untied ? .unembedding : .tokenEmbedding).map { zip($0, gain).map(*) }
      check(projection.output, direction, table)

      let norm = oracle.rows(.feedForwardNorm(layer: 1))[0]
      let embeddings = oracle.rows(.tokenEmbedding).map { row in
        let rms = (row.reduce(0) { $0 + $1 * $1 } / 32 + 1e-5).squareRoot()
        return row.map { $0 / rms }
      }
      check(projection.gate, zip(oracle.rows(.gate(layer: 1))[projection.index], norm).map(*), embeddings)
      check(projection.up, zip(oracle.rows(.up(layer: 1))[projection.index], norm).map(*), embeddings)
    }
    #expect(found.map(\.index) == [39, 0])
  }

  private func check(_ found: DirectionProjection, _ direction: [Float], _ table: [[Float]]) {
    let values = table.map { zip($0, direction).reduce(0) { $0 + $1.0 * $1.1 } }
    let order = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
    let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(abs(found.norm - norm) < Self.tolerance)
    #expect(found.highest.map(\.token) == order.prefix(5).map { Int32($0) })
    #expect(found.lowest.map(\.token) == order.reversed().prefix(5).map { Int32($0) })
    let mean = values.reduce(0, +) / Float(values.count)
    let center = direction.indices.map { c in table.reduce(0) { $0 + $1[c] } / Float(table.count) }
    for entry in found.highest + found.lowest {
      let row = zip(table[Int(entry.token)], center).map(-)
      let spread = norm * (row.reduce(0) { $0 + $1 * $1 } / Float(row.count)).squareRoot()
      #expect(abs(entry.value - values[Int(entry.token)]) < Self.tolerance)
      #expect(abs(entry.zScore - (entry.value - mean) / spread) < Self.tolerance)
    }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)
    #expect(abs(found.mean - mean) < Self.tolerance)
    #expect(abs(found.standardDeviation - variance.squareRoot()) < Self.tolerance)
    #expect(abs(found.maximum - values[order[0]]) < Self.tolerance)
    #expect(abs(found.minimum - values[order[values.count - 1]]) < Self.tolerance)
  }

  @Test(arguments: [0, 3] as [Float]) func zScoresOfRandomDirectionsAreStandardNormal(commonShift: Float) {
    var numbers = SeededNumbers(state: 23)
    let (count, width, rows) = (200, 64, 500)
    let backend = OpenBLASBackend()
    // The rows have very different norms and a part that all tokens share. The z-score removes both.
    let scaled = (0..<rows).flatMap { r in numbers.floats(width).map { $0 * Float(1 + r % 7) + commonShift } }
    let matrix = backend.makeMatrix(
      [WeightPart(TensorView(name: "t", rows: rows, columns: width, values: scaled))], use: .table, storage: .resident)
    let table = VocabularyTable(matrix, backend: backend, gain: nil, normsRows: false)
    let directions = Region(backend.upload(numbers.floats(count * width)), stride: width)
    let scores = table.project(directions, count: count, topCount: rows).flatMap { $0.highest.map(\.zScore) }
    let variance = scores.reduce(0) { $0 + $1 * $1 } / Float(scores.count)
    // A hundred thousand scores, which depend on each other through the directions.
    #expect(abs(variance - 1) < 0.05)
  }

  @Test func refusesNeuronsThatDoNotExist() throws {
    let backend = OpenBLASBackend()
    let transformer = Transformer(SmallModel.tied.checkpoint, backend: backend, storage: .resident)
    let projector = NeuronProjector(transformer, backend: backend, appliesFinalGain: true)
    #expect(throws: InferenceError.self) { try projector.project(layer: 0, indices: [40], topCount: 1) }
    #expect(throws: InferenceError.self) { try projector.project(layer: 3, indices: [0], topCount: 1) }
  }
}

/// Weights as plain arrays.
struct Oracle {
  let checkpoint: Checkpoint

  init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

  func rows(_ role: WeightRole) -> [[Float]] {
    guard let view = checkpoint.weights[role] else { return [] }
    return (0..<view.rowCount).map { r in
      [Float](unsafeUninitializedCapacity: view.columnCount) { target, count in
        view.copyRows(r..<r + 1, into: target.baseAddress!)
        count = view.columnCount
      }
    }
  }

  func column(_ role: WeightRole, _ index: Int) -> [Float] { rows(role).map { $0[index] } }
}
