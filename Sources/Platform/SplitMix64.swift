// autointerp
// `SplitMix64` makes random numbers that are the same on every machine and in every version.
// SPDX-License-Identifier: Apache-2.0

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// Shuffles `elements` (Fisher and Yates). The standard library's shuffle may change with its version.
  package mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var elements = elements
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      // Without rejection the bias is below 2^-32 for any list that fits in memory.
      let chosen = Int(next().multipliedFullWidth(by: UInt64(last + 1)).high)
      elements.swapAt(last, chosen)
    }
    return elements
  }
}
