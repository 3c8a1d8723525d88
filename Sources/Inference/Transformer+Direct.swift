// autointerp
// `Transformer.directRows` changes what neurons write to the final residual stream and keeps everything else.
// SPDX-License-Identifier: Apache-2.0

extension NeuronEdit.Operation {
  /// The value after the operation.
  package func applied(to value: Float) -> Float {
    switch self {
    case .set(let new): new
    case .scale(let factor): value * factor
    case .add(let amount): value + amount
    }
  }
}

extension ForwardTrace {
  /// The value of one neuron at one position.
  package func value(layer: Int, index: Int, position: Int, on backend: Backend) -> Float {
    backend.download(layers[layer].activations.at(row: position, column: index), rows: 1, columns: 1)[0]
  }
}

extension Transformer {
  /// The last position's row of the final residual stream, `[sets, D]`, if all other components keep their values: each
  /// set moves only what its own neurons write at the last position.
  ///
  /// - Throws: `InferenceError.neuronOutOfRange`.
  package func directRows(
    under sets: [[Intervention]], over trace: ForwardTrace<Backend>, on backend: Backend
  ) throws(InferenceError) -> Region<Backend.Buffer> {
    for intervention in sets.joined() { try check(layer: intervention.layer, index: intervention.index) }
    let (width, last) = (configuration.modelDimension, trace.tokens.count - 1)
    let results = Region(backend.makeBuffer(count: max(1, sets.count) * width), stride: width)
    let column = Region(backend.makeScratch(count: width), stride: width)
    for (place, set) in sets.enumerated() {
      let row = results.at(row: place)
      trace.copyStream(before: layers.count, rows: last..<last + 1, on: backend, into: row)
      let effective = set.filter { $0.position ?? last == last }
      var order: [[Int]] = []
      for neuron in effective.map({ [$0.layer, $0.index] }) where !order.contains(neuron) { order.append(neuron) }
      for neuron in order {
        let value = trace.value(layer: neuron[0], index: neuron[1], position: last, on: backend)
        let changed = effective.filter { $0.layer == neuron[0] && $0.index == neuron[1] }
          .reduce(value) { $1.operation.applied(to: $0) }
        backend.gatherInputs(
          backend.upload([Int32(neuron[1])]), count: 1, of: layers[neuron[0]].down,
          scales: backend.upload([changed - value]), into: column, at: backend.upload([0]))
        backend.add(column, rows: 1, columns: width, into: row)
      }
    }
    return results
  }
}
