// autointerp
// `FixedPoint` is the number format that makes sums independent of the order in which they are added.
// SPDX-License-Identifier: Apache-2.0

/// The fixed-point format of all sums in an aggregate.
///
/// A Float32 value is converted once, to the nearest multiple of `2^-32` (halves away from zero). After that only
/// integers are added, so any order and grouping of the prompts gives the same bits. The conversion is exact for
/// values of at least `2^-8` in magnitude; smaller values are off by at most `2^-33`. Squares are multiples of
/// `2^-40`.
///
/// No sum can overflow. `AttributionGraph.validate()` bounds every value, and the summed |flow| of a graph, by
/// `2^28`, so a prompt adds less than `2^60` to a sum of flows and less than `2^96` to a sum of squares. There are at
/// most `2^31` prompts, because their numbers are distinct non-negative Int32s. Node sums get less than `2^60` from
/// each of fewer than `2^31` positions.
package enum FixedPoint {
  /// Every value's magnitude must be below this.
  package static let limit: Double = 268_435_456

  private static let scale: Double = 4_294_967_296
  private static let squareShift: Int128 = 24
  private static let squareScale: Double = 1_099_511_627_776

  /// Converts a value, whose magnitude must be below `limit`.
  static func number(_ value: Float) -> Int64 {
    let scaled = Double(value) * scale
    return Int64(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
  }

  /// Returns what a prompt with this flow adds to a sum of squares.
  static func square(_ number: Int64) -> Int128 {
    (Int128(number) * Int128(number) + (1 << (squareShift - 1))) >> squareShift
  }

  static func value(_ sum: Int128) -> Double { double(sum) / scale }
  static func value(_ number: Int64) -> Double { Double(number) / scale }
  static func value(square: Int128) -> Double { double(square) / squareScale }

  /// Converts a number to a Double: the nearest one if it fits 64 bits, otherwise within two units in the last place.
  /// The standard library's conversion of 128 bits is exact and twenty times slower.
  static func double(_ number: Int128) -> Double {
    if let short = Int64(exactly: number) { return Double(short) }
    return Double(Int64(truncatingIfNeeded: number >> 64)) * 18_446_744_073_709_551_616
      + Double(UInt64(truncatingIfNeeded: number))
  }
}
