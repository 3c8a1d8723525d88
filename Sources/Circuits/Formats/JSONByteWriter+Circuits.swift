// autointerp
// `JSONByteWriter` writes neurons and endpoints by their names.
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension JSONByteWriter {
  /// Writes an endpoint as its id, such as `15_7890`, `E_13347`, `L_791` or `M`.
  package mutating func value(_ endpoint: Endpoint) {
    plainString { text in
      switch endpoint.kind {
      case .neuron: text.append(endpoint.packed >> 32)
      case .embedding: text.append("E")
      case .logit: text.append("L")
      case .metric: return text.append("M")
      }
      text.append("_")
      text.append(endpoint.packed & 0xFFFF_FFFF)
    }
  }

  /// Writes a neuron as `L15/N7890`.
  package mutating func value(_ neuron: NeuronID) {
    plainString { text in
      text.append("L")
      text.append(neuron.layer)
      text.append("/N")
      text.append(neuron.index)
    }
  }
}
