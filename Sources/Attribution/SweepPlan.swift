// autointerp
// `SweepPlan` decides which perturbations share a block of the edge sweep.
// SPDX-License-Identifier: Apache-2.0

/// A perturbation that the sweep carries up the layers, in one row for its position and one for each later position.
struct SweepSource: Equatable {
  enum Kind: Equatable {
    /// The number of a selected neuron.
    case neuron(Int)
    /// The embedding at this source's position.
    case embedding
    /// Embeddings and all MLP updates together. Its effect on a target must equal the target's value.
    case everything
  }

  var kind: Kind
  /// The perturbation appears after the MLP of this layer; -1 means before the first layer.
  var layer: Int
  var position: Int
  /// The first row within its block.
  var firstRow = 0
}

/// Divides the sources into blocks of bounded size and about equal cost. Depends only on the graph's nodes.
struct SweepPlan {
  /// In each block sources are sorted by layer, so that those that have joined are the first rows.
  var blocks: [[SweepSource]]

  /// The rows at which a layer's products are near BLAS's peak and its operands fit the cache.
  static let preferredRows = 768

  /// Plans the sweep of a graph. `maximumRows` bounds the rows of a block, but a single source may take more.
  init(neurons: [(layer: Int, position: Int)], tokens: Int, layerCount: Int, maximumRows: Int) {
    var sources = [SweepSource(kind: .everything, layer: -1, position: 0)]
    sources += (0..<tokens).map { SweepSource(kind: .embedding, layer: -1, position: $0) }
    sources += neurons.enumerated().map { number, place in
      SweepSource(kind: .neuron(number), layer: place.layer, position: place.position)
    }
    func rows(_ s: SweepSource) -> Int { tokens - s.position }
    func cost(_ s: SweepSource) -> Int { rows(s) * (layerCount - s.layer) }
    let limit = max(min(maximumRows, Self.preferredRows), tokens)
    let total = sources.reduce(0) { $0 + rows($1) }

    // The largest source goes first, each to the cheapest block with room (Graham's rule). The number of blocks is
    // even, for two cores.
    let order = sources.indices.sorted { (cost(sources[$0]), $1) > (cost(sources[$1]), $0) }
    var count = total <= limit ? 1 : (total + 2 * limit - 1) / (2 * limit) * 2
    while true {
      var members = [[Int]](repeating: [], count: count)
      var load = [(cost: Int, rows: Int)](repeating: (0, 0), count: count)
      var fits = true
      for i in order {
        let room = load.indices.filter { load[$0].rows + rows(sources[i]) <= limit }
        guard let block = room.min(by: { (load[$0].cost, $0) < (load[$1].cost, $1) }) else {
          fits = false
          break
        }
        members[block].append(i)
        load[block].cost += cost(sources[i])
        load[block].rows += rows(sources[i])
      }
      if fits {
        blocks = members.filter { !$0.isEmpty }.map { block in
          var first = 0
          return block.sorted { (sources[$0].layer, $0) < (sources[$1].layer, $1) }.map { i in
            var source = sources[i]
            source.firstRow = first
            first += rows(source)
            return source
          }
        }
        return
      }
      count += 2
    }
  }
}
