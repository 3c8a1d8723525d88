// autointerp
// `InterventionPlan` says which neurons are changed, how and where, on every prompt.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
internal import Circuits
internal import Inference

/// Whether a change runs through the layers above or is only added to the final residual stream.
package enum EffectPath: String, Sendable, CaseIterable {
  /// Everything above the neuron answers to the change.
  case full
  /// All other components keep their values: the neuron's own write to the stream at the last position is changed, and
  /// only the final norm answers.
  case direct
}

/// Which neurons are changed, how and where.
package struct InterventionPlan: Sendable {
  package var sets: [NeuronSet]
  package var kinds: [InterventionKind]
  package var positions: PositionChoice
  package var path: EffectPath

  package init(
    sets: [NeuronSet], kinds: [InterventionKind], positions: PositionChoice = .all, path: EffectPath = .full
  ) {
    self.sets = sets
    self.kinds = kinds
    self.positions = positions
    self.path = path
  }

  /// One change of one set: numbers in `sets` and `kinds`.
  package struct Case: Hashable, Sendable {
    package var set: Int
    package var kind: Int
  }

  /// Every kind for every set.
  package var cases: [Case] {
    sets.indices.flatMap { set in kinds.indices.map { Case(set: set, kind: $0) } }
  }

  /// The changes that a set's kind stands for in one prompt.
  func interventions(
    _ set: NeuronSet, _ kind: InterventionKind, tokens: Int, reference: ActivationMeans?, donor: DonorActivations?
  ) throws(CausalityError) -> [Intervention] {
    // Nil stands for all positions, and is one edit of the whole column for the engine.
    let places: [Int?]
    if positions == .all, kind != .mean, kind != .resample {
      places = [nil]
    } else {
      places = try positions.positions(tokens: tokens)
    }
    var result: [Intervention] = []
    for neuron in set.neurons {
      for place in places {
        let (layer, index, position) = (Int(neuron.layer), Int(neuron.index), place ?? 0)
        let operation = try kind.operation(
          mean: { () throws(CausalityError) in
            guard let reference else { throw .missingReference(what: "the intervention mean") }
            return reference.mean(layer: layer, index: index, position: position)
          },
          donor: { () throws(CausalityError) in
            guard let donor else { throw .missingReference(what: "the intervention resample") }
            return donor.value(of: neuron, position: position, tokens: tokens)
          })
        result.append(
          Intervention(layer: layer, index: index, position: place, operation: operation))
      }
    }
    return result
  }
}
