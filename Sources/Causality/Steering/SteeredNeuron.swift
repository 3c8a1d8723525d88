// autointerp
// `SteeredNeuron` is a neuron and what is done to it while text is generated.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Inference

/// One change that holds while text is generated. Written `L29/N729=x2`.
package struct SteeredNeuron: Hashable, Sendable {
  package var neuron: NeuronID
  package var kind: InterventionKind

  package init(_ neuron: NeuronID, _ kind: InterventionKind) {
    self.neuron = neuron
    self.kind = kind
  }
}

extension SteeredNeuron: LosslessStringConvertible {
  package var description: String { "\(neuron)=\(kind)" }

  /// Returns nil for anything but a neuron, `=` and a kind.
  package init?(_ text: String) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let neuron = NeuronID(String(parts[0])), let kind = InterventionKind(String(parts[1]))
    else { return nil }
    self.init(neuron, kind)
  }
}

extension SteeredNeuron {
  /// Reads changes separated by commas, such as `L29/N729=x2,L28/N1095=zero`.
  ///
  /// - Throws: `CausalityError.invalid` if one is no change that holds while text is generated, a neuron is named twice, or
  ///   there is none.
  package static func list(_ text: String) throws(CausalityError) -> [SteeredNeuron] {
    var changes: [SteeredNeuron] = []
    for part in text.split(separator: ",") {
      guard let change = SteeredNeuron(String(part)), change.kind != .mean, change.kind != .resample else {
        throw .invalid(
          name: "the change of a neuron", value: "\"\(part)\"", expected: "L29/N729=x2, =zero, =add:1.5 or =set:0")
      }
      changes.append(change)
    }
    guard !changes.isEmpty, Set(changes.map(\.neuron)).count == changes.count else {
      throw .invalid(name: "the list of neurons", value: "\"\(text)\"", expected: "at least one, each only once")
    }
    return changes
  }

  /// The changes at some positions of a text.
  ///
  /// - Throws: `CausalityError.invalid` for kinds that take values from other prompts.
  func interventions(at positions: [Int]) throws(CausalityError) -> [Intervention] {
    func refused() throws(CausalityError) -> Float {
      throw .invalid(name: "steering", value: "\(kind)", expected: "zero, xF, add:V or set:V")
    }
    let operation = try kind.operation(mean: refused, donor: refused)
    return positions.map {
      Intervention(layer: Int(neuron.layer), index: Int(neuron.index), position: $0, operation: operation)
    }
  }
}
