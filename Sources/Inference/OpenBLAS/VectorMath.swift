// autointerp
// `VectorMath` computes exponential and sigmoid on four lanes, with the same bits on every processor.
// SPDX-License-Identifier: Apache-2.0

/// As wide as the registers of every supported processor. Wider vectors are split, and compared lane by lane.
typealias Float4 = SIMD4<Float>

@inline(__always)
func load4(_ p: UnsafePointer<Float>) -> Float4 { UnsafeRawPointer(p).loadUnaligned(as: Float4.self) }

@inline(__always)
func load4(_ p: UnsafeMutablePointer<Float>) -> Float4 { UnsafeRawPointer(p).loadUnaligned(as: Float4.self) }

@inline(__always)
func store4(_ x: Float4, _ p: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(p).storeBytes(of: x, as: Float4.self)
}

enum VectorMath {
  /// `e^x` to 2 units in the last place. Arguments are clamped to -87.3...88.3, so results are finite and normal.
  ///
  /// Range reduction by `x = n ln 2 + r` with ln 2 in two parts (Cody and Waite 1980), a polynomial of degree 6 in `r`,
  /// and an exponent built from `n`.
  @inline(__always)
  static func exp(_ x: Float4) -> Float4 {
    // `clamped` would go lane by lane.
    let clamped = x.replacing(with: -87.3, where: x .< -87.3).replacing(with: 88.3, where: x .> 88.3)
    // Adding 1.5 * 2^23 rounds to the nearest integer, which is then in the low bits.
    let magic = Float4(repeating: 12_582_912)
    let shifted = clamped * 1.442_695_04 + magic
    let n = shifted - magic
    let r = clamped - n * 0.693_359_375 + n * 2.121_944_4e-4
    var p = Float4(repeating: 1.0 / 720)
    p = p * r + 1.0 / 120
    p = p * r + 1.0 / 24
    p = p * r + 1.0 / 6
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    let whole = unsafeBitCast(shifted, to: SIMD4<Int32>.self) &- unsafeBitCast(magic, to: SIMD4<Int32>.self)
    let bits = (whole &+ 127) &<< 23
    return p * unsafeBitCast(bits, to: Float4.self)
  }

  /// `1 / (1 + e^-x)`
  @inline(__always)
  static func sigmoid(_ x: Float4) -> Float4 { 1 / (1 + exp(-x)) }
}
