// autointerp
// Exponential and sigmoid on eight lanes, the same bits on every processor.
// SPDX-License-Identifier: Apache-2.0

typealias Float8 = SIMD8<Float>

@inline(__always)
func load8(_ p: UnsafePointer<Float>) -> Float8 { UnsafeRawPointer(p).loadUnaligned(as: Float8.self) }

@inline(__always)
func load8(_ p: UnsafeMutablePointer<Float>) -> Float8 { UnsafeRawPointer(p).loadUnaligned(as: Float8.self) }

@inline(__always)
func store8(_ x: Float8, _ p: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(p).storeBytes(of: x, as: Float8.self)
}

enum VectorMath {
  /// `e^x` to 2 units in the last place; arguments are clamped to -87.3...88.3, so results are finite and normal.
  ///
  /// Range reduction by `x = n ln 2 + r` with ln 2 in two parts (Cody and Waite 1980), a polynomial of degree 6 in `r`,
  /// and an exponent built from `n`.
  @inline(__always)
  static func exp(_ x: Float8) -> Float8 {
    // Not `clamped`, which goes lane by lane.
    let clamped = x.replacing(with: -87.3, where: x .< -87.3).replacing(with: 88.3, where: x .> 88.3)
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
    let magic = Float8(repeating: 12_582_912)
    let shifted = clamped * 1.442_695_04 + magic
    let n = shifted - magic
    let r = clamped - n * 0.693_359_375 + n * 2.121_944_4e-4
    var p = Float8(repeating: 1.0 / 720)
    p = p * r + 1.0 / 120
    p = p * r + 1.0 / 24
    p = p * r + 1.0 / 6
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    let whole = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- unsafeBitCast(magic, to: SIMD8<Int32>.self)
    let bits = (whole &+ 127) &<< 23
    return p * unsafeBitCast(bits, to: Float8.self)
  }

  /// `1 / (1 + e^-x)`
  @inline(__always)
  static func sigmoid(_ x: Float8) -> Float8 { 1 / (1 + exp(-x)) }
}
