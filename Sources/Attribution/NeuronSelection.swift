// autointerp
// Which neurons of a graph are nodes.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// Collects the neurons whose |relp| reaches the threshold, layer by layer, and applies the cap at the end.
struct NeuronSelection {
  private struct Candidate {
    var layer: Int32
    var position: Int32
    var index: Int32
    var activation: Float
    var gradient: Float

    var relp: Float { activation * gradient }
  }

  private let threshold: Double
  /// 0 is no cap.
  private let cap: Int
  private var candidates: [Candidate] = []

  init(threshold: Double, cap: Int) {
    self.threshold = threshold
    self.cap = cap
  }

  /// Takes in a layer's `[tokens, width]` activations and gradients; returns the sum of all relp, selected or not.
  mutating func scan(
    layer: Int, width: Int, activation: [Float], gradient: [Float]
  ) throws(AttributionError) -> Double {
    precondition(activation.count == gradient.count)
    var total = 0.0
    activation.withUnsafeBufferPointer { activation in
      gradient.withUnsafeBufferPointer { gradient in
        for i in activation.indices {
          let relp = Double(activation[i] * gradient[i])
          total += relp
          if abs(relp) >= threshold {
            candidates.append(
              Candidate(
                layer: Int32(layer), position: Int32(i / width), index: Int32(i % width), activation: activation[i],
                gradient: gradient[i]))
          }
        }
      }
    }
    guard total.isFinite else { throw .notFinite(what: "the total effect of a neuron of layer \(layer)") }
    return total
  }

  /// The selected neurons, sorted by layer, position, index.
  consuming func result() -> NodeAttribution {
    var nodes = NodeAttribution()
    nodes.candidateCount = candidates.count
    func place(_ c: Candidate) -> (Int32, Int32, Int32) { (c.layer, c.position, c.index) }
    if cap > 0, candidates.count > cap {
      let whole = candidates.reduce(0.0) { $0 + Double(abs($1.relp)) }
      candidates.sort { a, b in
        abs(a.relp) == abs(b.relp) ? place(a) < place(b) : abs(a.relp) > abs(b.relp)
      }
      candidates.removeLast(candidates.count - cap)
      nodes.truncated = true
      nodes.keptRelpShare = candidates.reduce(0.0) { $0 + Double(abs($1.relp)) } / whole
    }
    candidates.sort { place($0) < place($1) }
    for candidate in candidates {
      nodes.neurons.layer.append(candidate.layer)
      nodes.neurons.index.append(candidate.index)
      nodes.neurons.position.append(candidate.position)
      nodes.neurons.activation.append(candidate.activation)
      nodes.neurons.gradient.append(candidate.gradient)
      nodes.neurons.relp.append(candidate.relp)
    }
    return nodes
  }
}
