// autointerp
// `Checkpoint.planted` is a tiny transformer with weights set by hand, so that its circuit is known.
// SPDX-License-Identifier: Apache-2.0

package import Checkpoints

/// A transformer of two layers in which a fact is looked up in two steps.
///
/// Tokens 0 and 1 are subjects, 2 and 3 their answers, 4 to 11 fillers. Layer 0's attention is uniform: it copies what
/// tokens there are into other dimensions of the stream. At each position
/// - `detector(s)` in layer 0 fires if subject `s` is among the tokens, and writes a feature;
/// - `mapper(s)` in layer 1 reads the feature and promotes the subject's answer;
/// - `inhibitor(s)` in layer 1 reads the feature and suppresses the other subject's answer;
/// - `decoy` in layer 0 fires strongly at every position and promotes both answers alike.
///
/// Layer 1's attention is zero. All other neurons have small random weights. With `bystanders`, some of these fire like
/// the detectors and mappers but write where nothing reads, so that a planted neuron has others of its size.
package enum PlantedCircuit {
  package static let configuration = ModelConfiguration(
    architecture: .llama, layerCount: 2, headCount: 2, keyValueHeadCount: 1, headDimension: 16, modelDimension: 32,
    feedForwardDimension: 24, vocabularySize: 12, contextLength: 32, rmsEpsilon: 1e-5,
    rotary: RotaryEmbedding(base: 10_000, scaling: .none), tiedUnembedding: false)

  package static func detector(_ subject: Int) -> Int { 3 + subject }
  package static func mapper(_ subject: Int) -> Int { 7 + subject }
  package static func inhibitor(_ subject: Int) -> Int { 13 + subject }
  package static let decoy = 20
  package static func answer(_ subject: Int) -> Int32 { Int32(2 + subject) }

  // Dimensions of the stream: one for each token, the tokens so far, two features, one that nothing reads, and a
  // constant that keeps the norm.
  private static let (seen, feature, unread, constant) = (12, 24, 30, 31)

  /// One weight that is set by hand.
  private struct Entry {
    var row: Int
    var column: Int
    var value: Float

    init(_ row: Int, _ column: Int, _ value: Float) { (self.row, self.column, self.value) = (row, column, value) }
  }

  /// A neuron that reads one dimension and writes some.
  private struct PlantedNeuron {
    var neuron: Int
    var reads: Int
    var strength: Float
    var writes: [(dimension: Int, value: Float)]

    init(_ neuron: Int, reads: Int, strength: Float = 1, writes: [(dimension: Int, value: Float)]) {
      (self.neuron, self.reads, self.strength, self.writes) = (neuron, reads, strength, writes)
    }
  }

  /// Neurons of each layer that can be bystanders.
  private static let spare = [9, 10, 11, 12, 15, 16, 17, 18]

  /// Makes the model. `seed` decides the random weights; there are at most 8 `bystanders` in each layer.
  package static func checkpoint(seed: UInt64 = 1, bystanders: Int = 0) -> Checkpoint {
    let noise = Checkpoint.random(configuration: configuration, seed: seed, standardDeviation: 0.02)
    let (width, neurons, tokens) = (
      configuration.modelDimension, configuration.feedForwardDimension, configuration.vocabularySize
    )
    var weights = noise.weights
    func set(_ role: WeightRole, _ entries: [Entry], from base: [Float]? = nil) {
      let (rows, columns) = configuration.shape(of: role)
      var values = base ?? [Float](repeating: 0, count: rows * columns)
      for entry in entries { values[entry.row * columns + entry.column] = entry.value }
      weights[role] = TensorView(name: "planted", rows: rows, columns: columns, values: values)
    }
    func random(_ role: WeightRole) -> [Float] {
      let (rows, columns) = configuration.shape(of: role)
      return [Float](unsafeUninitializedCapacity: rows * columns) { target, count in
        noise.weights[role]?.copyRows(0..<rows, into: target.baseAddress!)
        count = rows * columns
      }
    }
    set(.tokenEmbedding, (0..<tokens).map { Entry($0, $0, 1) } + (0..<tokens).map { Entry($0, constant, 10) })
    set(.unembedding, (0..<tokens).map { Entry($0, $0, 4) })
    for layer in 0..<2 {
      for role: WeightRole in [
        .query(layer: layer), .key(layer: layer), .value(layer: layer), .attentionOutput(layer: layer),
      ] { set(role, []) }
      for role in [WeightRole.attentionNorm(layer: layer), .feedForwardNorm(layer: layer)] {
        set(role, [], from: [Float](repeating: 1, count: width))
      }
    }
    set(.outputNorm, [], from: [Float](repeating: 1, count: width))
    set(.value(layer: 0), (0..<tokens).map { Entry($0, $0, 1) })
    set(.attentionOutput(layer: 0), (0..<tokens).map { Entry(seen + $0, $0, 16) })

    // Rows of gate and up that read a dimension, columns of down that write one; the rows of planted neurons have no
    // noise, so that they are silent without their input.
    func plant(layer: Int, _ planted: [PlantedNeuron]) {
      var (gate, up, down) = (random(.gate(layer: layer)), random(.up(layer: layer)), random(.down(layer: layer)))
      for entry in planted {
        for column in 0..<width {
          gate[entry.neuron * width + column] = column == entry.reads ? 8 * entry.strength : 0
          up[entry.neuron * width + column] = column == entry.reads ? entry.strength : 0
          down[column * neurons + entry.neuron] = 0
        }
        for write in entry.writes { down[write.dimension * neurons + entry.neuron] = write.value }
      }
      set(.gate(layer: layer), [], from: gate)
      set(.up(layer: layer), [], from: up)
      set(.down(layer: layer), [], from: down)
    }
    var (first, second) = ([PlantedNeuron](), [PlantedNeuron]())
    for subject in 0..<2 {
      first.append(PlantedNeuron(detector(subject), reads: seen + subject, writes: [(feature + subject, 2)]))
      second.append(PlantedNeuron(mapper(subject), reads: feature + subject, writes: [(2 + subject, 2)]))
      second.append(PlantedNeuron(inhibitor(subject), reads: feature + subject, writes: [(3 - subject, -0.8)]))
    }
    first.append(PlantedNeuron(decoy, reads: constant, strength: 0.2, writes: [(2, 0.2), (3, 0.2)]))
    for (i, neuron) in spare.prefix(bystanders).enumerated() {
      first.append(PlantedNeuron(neuron, reads: seen + i % 2, writes: [(unread, 1)]))
      second.append(PlantedNeuron(neuron, reads: feature + i % 2, writes: [(unread, 1)]))
    }
    plant(layer: 0, first)
    plant(layer: 1, second)
    return Checkpoint(
      name: "planted", configuration: configuration, weights: weights, fingerprint: noise.fingerprint)
  }
}
