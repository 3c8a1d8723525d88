// autointerp
// `PlantedFacts` is a small transformer with weights set by hand: four facts, and hundreds of neurons that have no part in them.
// SPDX-License-Identifier: Apache-2.0

package import Checkpoints
package import Circuits
internal import Platform

/// A wider model than `PlantedCircuit`, so that every planted neuron has many others of its size.
///
/// Tokens 0 to 3 are subjects, 4 to 7 their answers, 8 to 47 fillers. Layer 0's attention is uniform and copies what tokens
/// there are so far; layer 1's is zero. For each subject
/// - `detector` in layer 0 fires if it is among the tokens, and writes a feature;
/// - `mapper` in layer 1 reads the feature and promotes the answer.
///
/// All neurons from `firstBystander` on read some fillers each, in the same way as a detector reads its subject, and write
/// where nothing reads. The others have small random weights.
package enum PlantedFacts {
  package static let subjectCount = 4
  package static let fillers: ClosedRange<Int32> = 8...47
  package static let firstBystander = 24
  package static let configuration = ModelConfiguration(
    architecture: .llama, layerCount: 2, headCount: 2, keyValueHeadCount: 1, headDimension: 64, modelDimension: 128,
    feedForwardDimension: 224, vocabularySize: 48, contextLength: 32, rmsEpsilon: 1e-5,
    rotary: RotaryEmbedding(base: 10_000, scaling: .none), tiedUnembedding: false)

  package static func detector(_ subject: Int) -> NeuronID { NeuronID(layer: 0, index: 3 + subject) }
  package static func mapper(_ subject: Int) -> NeuronID { NeuronID(layer: 1, index: 10 + subject) }
  package static func answer(_ subject: Int) -> Int32 { Int32(subjectCount + subject) }
  /// All planted neurons, with their subjects.
  package static var planted: [(neuron: NeuronID, subject: Int)] {
    (0..<subjectCount).map { (detector($0), $0) } + (0..<subjectCount).map { (mapper($0), $0) }
  }

  // Dimensions of the stream: one for each token, the tokens so far, the features, some that nothing reads, and a constant
  // that keeps the norm.
  private static let (seen, feature, unread, constant) = (48, 96, 100, 127)

  /// Makes the model. `seed` decides the random weights and what bystanders read.
  package static func checkpoint(seed: UInt64 = 1) -> Checkpoint {
    let c = configuration
    let noise = Checkpoint.random(configuration: c, seed: seed, standardDeviation: 0.01)
    var weights = noise.weights
    func set(_ role: WeightRole, from base: [Float]? = nil, _ fill: (inout [Float], Int) -> Void = { _, _ in }) {
      let (rows, columns) = c.shape(of: role)
      var values = base ?? [Float](repeating: 0, count: rows * columns)
      fill(&values, columns)
      weights[role] = TensorView(name: "planted", rows: rows, columns: columns, values: values)
    }
    func random(_ role: WeightRole) -> [Float] {
      let (rows, columns) = c.shape(of: role)
      return [Float](unsafeUninitializedCapacity: rows * columns) { target, count in
        noise.weights[role]?.copyRows(0..<rows, into: target.baseAddress!)
        count = rows * columns
      }
    }
    set(.tokenEmbedding) { values, columns in
      for token in 0..<c.vocabularySize {
        values[token * columns + token] = 1
        values[token * columns + constant] = 20
      }
    }
    set(.unembedding) { values, columns in
      for token in 0..<c.vocabularySize { values[token * columns + token] = 4 }
    }
    for layer in 0..<2 {
      for role: WeightRole in [
        .query(layer: layer), .key(layer: layer), .value(layer: layer), .attentionOutput(layer: layer),
      ] { set(role) }
      for role in [WeightRole.attentionNorm(layer: layer), .feedForwardNorm(layer: layer)] {
        set(role, from: [Float](repeating: 1, count: c.modelDimension))
      }
    }
    set(.outputNorm, from: [Float](repeating: 1, count: c.modelDimension))
    set(.value(layer: 0)) { values, columns in
      for token in 0..<c.vocabularySize { values[token * columns + token] = 1 }
    }
    set(.attentionOutput(layer: 0)) { values, columns in
      for token in 0..<c.vocabularySize { values[(seen + token) * columns + token] = 16 }
    }
    for layer in 0..<2 {
      var (gate, up, down) = (random(.gate(layer: layer)), random(.up(layer: layer)), random(.down(layer: layer)))
      // The gate reads the constant and is always open, so that a neuron is linear in what it reads, and silent without it.
      func plant(_ neuron: Int, reads: Set<Int>, strength: Float, writes: Int, _ value: Float) {
        let (width, neurons) = (c.modelDimension, c.feedForwardDimension)
        for column in 0..<width {
          gate[neuron * width + column] = column == constant ? 0.5 : 0
          up[neuron * width + column] = reads.contains(column) ? strength : 0
          down[column * neurons + neuron] = column == writes ? value : 0
        }
      }
      for subject in 0..<subjectCount {
        if layer == 0 {
          plant(Int(detector(subject).index), reads: [seen + subject], strength: 1, writes: feature + subject, 0.4)
        } else {
          plant(
            Int(mapper(subject).index), reads: [feature + subject], strength: 1, writes: Int(answer(subject)), 0.5)
        }
      }
      var draw = SeededRandom(seed: seed &+ UInt64(layer))
      for neuron in firstBystander..<c.feedForwardDimension {
        // About as many fillers that a prompt has one of them, as a prompt of the domain has one subject.
        let dimensions = (0..<draw.integer(in: 4...14)).map { _ in
          seen + draw.integer(in: Int(fillers.lowerBound)...Int(fillers.upperBound))
        }
        plant(
          neuron, reads: Set(dimensions), strength: Float(0.7 + 0.6 * draw.unit()),
          writes: draw.integer(in: unread...constant - 1), Float(0.02 + 0.04 * draw.unit()))
      }
      set(.gate(layer: layer), from: gate)
      set(.up(layer: layer), from: up)
      set(.down(layer: layer), from: down)
    }
    return Checkpoint(name: "planted facts", configuration: c, weights: weights, fingerprint: noise.fingerprint)
  }

  /// Draws prompts of four to eight tokens. Every second one is of the domain: it has a subject, in half of them at the end.
  /// Texts are the tokens as words, `t0` to `t47`.
  package static func prompts(count: Int, seed: UInt64) -> [(tokens: [Int32], text: String, isDomain: Bool)] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { number in
      var tokens = (0..<random.integer(in: 4...8)).map { _ in
        Int32(random.integer(in: Int(fillers.lowerBound)...Int(fillers.upperBound)))
      }
      let isDomain = number.isMultiple(of: 2)
      if isDomain {
        let place = random.chance(0.5) ? tokens.count - 1 : random.integer(in: 1...tokens.count - 2)
        tokens[place] = Int32(random.integer(in: 0...subjectCount - 1))
      }
      return (tokens, tokens.map { "t\($0)" }.joined(separator: " "), isDomain)
    }
  }
}
