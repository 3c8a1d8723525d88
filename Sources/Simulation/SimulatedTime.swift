// autointerp
// `SimulatedTime` counts the microseconds since a simulation began.
// SPDX-License-Identifier: Apache-2.0

package import Platform

/// Microseconds since the start of a simulation.
package typealias SimulatedTime = Int64

extension SimulatedTime {
  package static func seconds(_ seconds: Double) -> SimulatedTime { SimulatedTime(seconds * 1_000_000) }
}

extension SeededRandom {
  /// A uniform time in microseconds.
  package mutating func time(in range: ClosedRange<SimulatedTime>) -> SimulatedTime {
    SimulatedTime(integer(in: Int(range.lowerBound)...Int(range.upperBound)))
  }
}
