// autointerp
// The only source of chance in a simulation.
// SPDX-License-Identifier: Apache-2.0

/// xoshiro256** (Blackman and Vigna 2018), seeded through SplitMix64: the same numbers for a seed on every machine.
package struct SeededRandom: Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64) {
    var mixer = seed
    func next(_ mixer: inout UInt64) -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var z = mixer
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    state = (next(&mixer), next(&mixer), next(&mixer), next(&mixer))
  }

  package mutating func next() -> UInt64 {
    func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotated(state.1 &* 5, 7) &* 9
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotated(state.3, 45)
    return result
  }

  /// Uniform in `0..<1`.
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  package mutating func chance(_ probability: Double) -> Bool { probability > 0 && unit() < probability }

  /// Uniform over the range, up to a bias of `count / 2^64`.
  package mutating func integer(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next().multipliedFullWidth(by: UInt64(range.count)).high)
  }

  /// Microseconds, uniform.
  package mutating func time(in range: ClosedRange<SimulatedTime>) -> SimulatedTime {
    SimulatedTime(integer(in: Int(range.lowerBound)...Int(range.upperBound)))
  }
}

/// Microseconds since the start of a simulation.
package typealias SimulatedTime = Int64

extension SimulatedTime {
  package static func seconds(_ seconds: Double) -> SimulatedTime { SimulatedTime(seconds * 1_000_000) }
}
