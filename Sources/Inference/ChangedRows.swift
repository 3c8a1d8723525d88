// autointerp
// `ChangedRows` lays out the rows of passes with changed neurons that are computed together.
// SPDX-License-Identifier: Apache-2.0

/// A pass with a set of changed neurons.
struct ChangedPass {
  /// The number of the set among all.
  let place: Int
  /// The lowest layer that the set touches.
  let layer: Int
  /// The first position that the set touches.
  let position: Int
  private let byLayer: [Int: [Intervention]]

  /// - Precondition: `set` is not empty.
  init(_ set: [Intervention], place: Int) {
    self.place = place
    byLayer = Dictionary(grouping: set, by: \.layer)
    layer = byLayer.keys.min() ?? 0
    position = set.map { $0.position ?? 0 }.min() ?? 0
  }

  func interventions(inLayer layer: Int) -> [Intervention] { byLayer[layer] ?? [] }
}

/// The places of some passes in the matrices that carry them, sorted by the layer at which they enter.
struct ChangedRows {
  private(set) var passes: [ChangedPass] = []
  /// The rows of each pass up to the last layer. Passes that enter at the last layer, which come last, have none.
  private(set) var segments: [CachedSegment] = []
  /// The row of each pass in the last layer.
  private(set) var lastRows: [Int] = []
  /// The first row after all segments.
  private(set) var end = 0

  /// The layer before which the stream is read; the "last layer" is the one below.
  let depth: Int

  private let tokens: Int
  private let places: RowPlaces

  init(tokens: Int, depth: Int, places: RowPlaces) {
    self.tokens = tokens
    self.depth = depth
    self.places = places
  }

  /// How many rows the larger matrix has with one more pass.
  func rowCount(adding pass: ChangedPass) -> Int {
    let last = places.first(for: 1, from: (lastRows.last ?? -1) + 1) + 1
    if pass.layer == depth - 1 { return max(end, last) }
    let count = tokens - pass.position
    return max(places.first(for: count, from: end) + count, last)
  }

  /// Passes must come in order of the layers at which they enter.
  mutating func append(_ pass: ChangedPass) {
    lastRows.append(places.first(for: 1, from: (lastRows.last ?? -1) + 1))
    if pass.layer < depth - 1 {
      let count = tokens - pass.position
      let first = places.first(for: count, from: end)
      segments.append(CachedSegment(firstRow: first, rowCount: count, position: pass.position))
      end = first + count
    }
    passes.append(pass)
  }

  /// What a pass edits in a layer below the last.
  func edits(of number: Int, layer: Int) -> [NeuronEdit] {
    let segment = segments[number]
    return passes[number].interventions(inLayer: layer).flatMap { intervention in
      (intervention.position.map { $0..<$0 + 1 } ?? segment.position..<tokens).map { position in
        NeuronEdit(
          row: segment.firstRow + position - segment.position, index: intervention.index,
          operation: intervention.operation)
      }
    }
  }

  /// What a pass edits at the last position of the last layer.
  func lastEdits(of number: Int, layer: Int) -> [NeuronEdit] {
    passes[number].interventions(inLayer: layer).compactMap { intervention in
      guard intervention.position ?? tokens - 1 == tokens - 1 else { return nil }
      return NeuronEdit(row: lastRows[number], index: intervention.index, operation: intervention.operation)
    }
  }
}

extension Intervention {
  /// Rows that have to be computed for a set, once for each layer above the one at which it enters and below `depth`. A
  /// whole pass has `depth * tokens` of them.
  package static func rowLayers(of set: [Intervention], tokens: Int, depth: Int) -> Int {
    guard !set.isEmpty else { return 0 }
    let pass = ChangedPass(set, place: 0)
    return max(0, depth - 1 - pass.layer) * (tokens - pass.position)
  }
}
