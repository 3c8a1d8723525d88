// autointerp
// `NeuronID` names one neuron by layer and index.
// SPDX-License-Identifier: Apache-2.0

/// One MLP hidden unit, at whatever position it fires. Written `L15/N7890`.
package struct NeuronID: Hashable, Sendable {
  package var layer: Int32
  package var index: Int32

  package init(layer: Int, index: Int) {
    self.layer = Int32(layer)
    self.index = Int32(index)
  }
}

extension NeuronID: Comparable {
  package static func < (a: NeuronID, b: NeuronID) -> Bool { (a.layer, a.index) < (b.layer, b.index) }
}

extension NeuronID: CustomStringConvertible, LosslessStringConvertible {
  package var description: String { "L\(layer)/N\(index)" }

  /// Reads `L15/N7890`, `15/7890`, `15:7890` or `15_7890`. Returns nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == ":" || $0 == "_" }
    guard parts.count == 2,
      let layer = Self.number(parts[0], prefix: "L"), let index = Self.number(parts[1], prefix: "N")
    else { return nil }
    self.layer = layer
    self.index = index
  }

  private static func number(_ text: Substring, prefix: Character) -> Int32? {
    let digits = text.first?.uppercased() == String(prefix) ? text.dropFirst() : text
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int32(digits)
  }
}
