// autointerp
// `RowBoundTests` tests that changed passes share batches up to the bound on rows, and no further.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import TestSupport
import Testing

@testable import Inference

@Suite struct RowBoundTests {
  private static let tokens: [Int32] = [3, 49, 0, 7, 7, 21]
  private static var neurons: Int { SmallModel.tied.checkpoint.configuration.feedForwardDimension }

  /// The rows of the largest batch, from the largest buffer of neurons; all other buffers of these passes are smaller.
  private func largestBatch(
    _ body: (Transformer<Float64Backend>, ForwardTrace<Float64Backend>, Float64Backend) throws -> Void
  ) throws -> Int {
    let sizes = BufferSizes()
    let backend = Float64Backend(noting: sizes)
    let model = Transformer(SmallModel.tied.checkpoint, backend: backend, storage: .resident)
    let trace = try model.forward(Self.tokens, on: backend)
    sizes.forget()
    try body(model, trace, backend)
    #expect(sizes.largest % Self.neurons == 0)
    return sizes.largest / Self.neurons
  }

  /// Each pass has a row for each of six tokens.
  @Test(arguments: [(17, 12), (18, 18), (19, 18), (1, 6)])
  func interventionsFillABatchToItsBound(maximumRows: Int, expected: Int) throws {
    let sets = (0..<5).map { [Intervention(layer: 0, index: $0, operation: .set(1))] }
    let rows = try largestBatch { model, trace, backend in
      _ = try model.lastRows(under: sets, over: trace, on: backend, maximumRows: maximumRows)
    }
    #expect(rows == expected)
  }

  @Test(arguments: [(17, 12), (18, 18), (19, 18), (1, 6)])
  func masksFillABatchToItsBound(maximumRows: Int, expected: Int) throws {
    let masks = (0..<5).map {
      NeuronMask([NeuronPlace(layer: 1, position: 2, index: $0)], rest: .live, livePositions: [0])
    }
    let reference = (0..<3).map { _ in [Float](repeating: 0, count: Self.tokens.count * Self.neurons) }
    let rows = try largestBatch { model, trace, backend in
      _ = try model.logits(masks: masks, reference: reference, over: trace, on: backend, maximumRows: maximumRows)
    }
    #expect(rows == expected)
  }

  /// What a pass would make of a batch is what it makes of it, also in the last layer, where a pass has one row.
  @Test(arguments: [RowPlaces(step: 1, alike: 1), RowPlaces(step: 8, alike: 4), RowPlaces(step: 16, alike: 16)])
  func aBatchesRowsAreForeseen(places: RowPlaces) {
    var rows = ChangedRows(tokens: 12, depth: 4, places: places)
    for number in 0..<60 {
      let set = [Intervention(layer: number / 15, index: 0, position: number * 7 % 12, operation: .set(0))]
      let pass = ChangedPass(set, place: number)
      let foreseen = rows.rowCount(adding: pass)
      rows.append(pass)
      #expect(foreseen == max(rows.end, (rows.lastRows.last ?? -1) + 1), "pass \(number)")
    }
    #expect(rows.segments.count == 45 && rows.lastRows.count == 60)

    // Passes that enter at the last layer have one row each, and skip places where they would get other bits.
    rows = ChangedRows(tokens: 12, depth: 4, places: places)
    for number in 0..<20 {
      let pass = ChangedPass([Intervention(layer: 3, index: number, operation: .set(0))], place: number)
      let foreseen = rows.rowCount(adding: pass)
      rows.append(pass)
      #expect(foreseen == (rows.lastRows.last ?? -1) + 1, "pass \(number)")
    }
    #expect(rows.segments.isEmpty && rows.end == 0)
  }
}
