// autointerp
// `ElementType.dequantize` turns stored blocks of any supported type into Float32.
// SPDX-License-Identifier: Apache-2.0

// Block layouts and the order of roundings follow ggml's reference routines (ggml-quants.c), so results are equal bit
// for bit. Nothing uses a fused multiply-add. All loads are unaligned: a block has an odd size, and a hostile file
// may place its tensors anywhere.
//
// The loops are simple, over non-overlapping pointers and with wrapping arithmetic, so that the compiler vectorises
// them.

extension ElementType {
  /// Decodes `blockCount` consecutive blocks.
  ///
  /// - Parameters:
  ///   - source: `blockCount * blockBytes` bytes.
  ///   - blockCount: how many blocks.
  ///   - destination: room for `blockCount * blockElements` floats; must not overlap `source`.
  func dequantize(_ source: UnsafeRawPointer, blockCount: Int, into destination: UnsafeMutablePointer<Float>) {
    switch self {
    case .float32:
      UnsafeMutableRawPointer(destination).copyMemory(from: source, byteCount: blockCount * 4)
    case .float16: Self.widenHalves(source, count: blockCount, into: destination)
    case .bfloat16: Self.widenBrainFloats(source, count: blockCount, into: destination)
    case .q8_0: Self.decode(source, blockCount, blockBytes, 32, destination, Self.decodeQ80)
    case .q4_0: Self.decode(source, blockCount, blockBytes, 32, destination, Self.decodeQ40)
    case .q4_1: Self.decode(source, blockCount, blockBytes, 32, destination, Self.decodeQ41)
    case .q5_0: Self.decode(source, blockCount, blockBytes, 32, destination, Self.decodeQ50)
    case .q5_1: Self.decode(source, blockCount, blockBytes, 32, destination, Self.decodeQ51)
    case .q4_K: Self.decode(source, blockCount, blockBytes, 256, destination, Self.decodeQ4K)
    case .q5_K: Self.decode(source, blockCount, blockBytes, 256, destination, Self.decodeQ5K)
    case .q6_K: Self.decode(source, blockCount, blockBytes, 256, destination, Self.decodeQ6K)
    }
  }

  @inline(__always)
  private static func decode(
    _ source: UnsafeRawPointer, _ blockCount: Int, _ blockBytes: Int, _ blockElements: Int,
    _ destination: UnsafeMutablePointer<Float>,
    _ decodeBlock: (UnsafeRawPointer, UnsafeMutablePointer<Float>) -> Void
  ) {
    var block = source
    var output = destination
    for _ in 0..<blockCount {
      decodeBlock(block, output)
      block += blockBytes
      output += blockElements
    }
  }
}

// MARK: - Plain types

extension ElementType {
  private static func widenBrainFloats(
    _ source: UnsafeRawPointer, count: Int, into destination: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count {
      let bits = source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)
      destination[index] = Float(bitPattern: UInt32(truncatingIfNeeded: bits) &<< 16)
    }
  }

  private static func widenHalves(
    _ source: UnsafeRawPointer, count: Int, into destination: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count {
      destination[index] = float(fromHalf: source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self))
    }
  }

  /// Returns the exact value of an IEEE half, including subnormals, infinities and NaN, without a branch.
  ///
  /// Exponent and mantissa move to their places in a Float32, whose exponent is then too small by 112 = 127 - 15.
  /// Multiplying by 2^112 is exact and makes subnormals normal. Infinity and NaN get their exponent separately.
  @inline(__always)
  static func float(fromHalf half: UInt16) -> Float {
    let bits = UInt32(truncatingIfNeeded: half)
    let magnitude = (bits & 0x7FFF) &<< 13
    let scaled = (Float(bitPattern: magnitude) * Float(bitPattern: 0x7780_0000)).bitPattern
    let special = magnitude >= 0x0F80_0000 ? (magnitude | 0x7F80_0000) : scaled
    return Float(bitPattern: special | (bits & 0x8000) &<< 16)
  }

  @inline(__always)
  private static func half(_ block: UnsafeRawPointer, at offset: Int) -> Float {
    float(fromHalf: block.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  @inline(__always)
  private static func byte(_ block: UnsafeRawPointer, _ offset: Int) -> Int32 {
    Int32(truncatingIfNeeded: block.loadUnaligned(fromByteOffset: offset, as: UInt8.self))
  }
}

// MARK: - Blocks of 32: a scale, perhaps a minimum, then the codes (low nibbles first)

extension ElementType {
  @inline(__always)
  private static func decodeQ80(_ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>) {
    let scale = half(block, at: 0)
    for index in 0..<32 {
      output[index] = scale * Float(block.loadUnaligned(fromByteOffset: 2 &+ index, as: Int8.self))
    }
  }

  @inline(__always)
  private static func decodeQ40(_ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>) {
    let scale = half(block, at: 0)
    for index in 0..<16 {
      let pair = byte(block, 2 &+ index)
      output[index] = scale * Float((pair & 15) &- 8)
      output[index &+ 16] = scale * Float((pair &>> 4) &- 8)
    }
  }

  @inline(__always)
  private static func decodeQ41(_ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>) {
    let scale = half(block, at: 0)
    let minimum = half(block, at: 2)
    for index in 0..<16 {
      let pair = byte(block, 4 &+ index)
      output[index] = scale * Float(pair & 15) + minimum
      output[index &+ 16] = scale * Float(pair &>> 4) + minimum
    }
  }

  /// Bytes 2..<6 hold the fifth bits of the 32 codes.
  @inline(__always)
  private static func decodeQ50(_ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>) {
    let scale = half(block, at: 0)
    let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
    for index in 0..<16 {
      let pair = byte(block, 6 &+ index)
      let shift = UInt32(truncatingIfNeeded: index)
      let low5 = Int32(truncatingIfNeeded: (high &>> shift) & 1) &<< 4
      let high5 = Int32(truncatingIfNeeded: (high &>> (shift &+ 16)) & 1) &<< 4
      output[index] = scale * Float(((pair & 15) | low5) &- 16)
      output[index &+ 16] = scale * Float(((pair &>> 4) | high5) &- 16)
    }
  }

  /// Bytes 4..<8 hold the fifth bits of the 32 codes.
  @inline(__always)
  private static func decodeQ51(_ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>) {
    let scale = half(block, at: 0)
    let minimum = half(block, at: 2)
    let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    for index in 0..<16 {
      let pair = byte(block, 8 &+ index)
      let shift = UInt32(truncatingIfNeeded: index)
      let low5 = Int32(truncatingIfNeeded: (high &>> shift) & 1) &<< 4
      let high5 = Int32(truncatingIfNeeded: (high &>> (shift &+ 16)) & 1) &<< 4
      output[index] = scale * Float((pair & 15) | low5) + minimum
      output[index &+ 16] = scale * Float((pair &>> 4) | high5) + minimum
    }
  }
}

// MARK: - Super-blocks of 256 with 6-bit (Q6_K: 8-bit) scales of their sub-blocks

extension ElementType {
  /// The 6-bit scale and minimum of sub-block `index` (of 8), packed in the 12 bytes at offset 4.
  @inline(__always)
  private static func scaleAndMinimum(_ block: UnsafeRawPointer, _ index: Int) -> (scale: Float, minimum: Float) {
    if index < 4 {
      return (Float(byte(block, 4 &+ index) & 63), Float(byte(block, 8 &+ index) & 63))
    }
    let low = byte(block, 8 &+ index)
    return (
      Float((low & 15) | ((byte(block, index) &>> 6) &<< 4)),
      Float((low &>> 4) | ((byte(block, 4 &+ index) &>> 6) &<< 4))
    )
  }

  /// Bytes: scale, scale of minimums, 12 of scales, 128 of codes; 32 bytes hold two sub-blocks, low nibbles first.
  @inline(__always)
  private static func decodeQ4K(_ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>) {
    let scale = half(block, at: 0)
    let minimumScale = half(block, at: 2)
    for pair in 0..<4 {
      let low = scaleAndMinimum(block, 2 &* pair)
      let high = scaleAndMinimum(block, 2 &* pair &+ 1)
      let (lowScale, lowMinimum) = (scale * low.scale, minimumScale * low.minimum)
      let (highScale, highMinimum) = (scale * high.scale, minimumScale * high.minimum)
      let codes = block + (16 &+ 32 &* pair)
      let target = output + 64 &* pair
      for index in 0..<32 {
        let code = byte(codes, index)
        target[index] = lowScale * Float(code & 15) - lowMinimum
        target[index &+ 32] = highScale * Float(code &>> 4) - highMinimum
      }
    }
  }

  /// Like Q4_K, with 32 bytes of fifth bits before the codes: bit `s` of byte `i` belongs to element `i` of sub-block
  /// `s`.
  @inline(__always)
  private static func decodeQ5K(_ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>) {
    let scale = half(block, at: 0)
    let minimumScale = half(block, at: 2)
    for pair in 0..<4 {
      let low = scaleAndMinimum(block, 2 &* pair)
      let high = scaleAndMinimum(block, 2 &* pair &+ 1)
      let (lowScale, lowMinimum) = (scale * low.scale, minimumScale * low.minimum)
      let (highScale, highMinimum) = (scale * high.scale, minimumScale * high.minimum)
      let codes = block + (48 &+ 32 &* pair)
      let target = output + 64 &* pair
      let shift = Int32(truncatingIfNeeded: 2 &* pair)
      for index in 0..<32 {
        let code = byte(codes, index)
        let bits = byte(block, 16 &+ index) &>> shift
        target[index] = lowScale * Float((code & 15) | ((bits & 1) &<< 4)) - lowMinimum
        target[index &+ 32] = highScale * Float((code &>> 4) | ((bits & 2) &<< 3)) - highMinimum
      }
    }
  }

  /// Bytes: 128 of low nibbles, 64 of upper bit pairs, 16 of signed scales, the scale.
  @inline(__always)
  private static func decodeQ6K(_ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>) {
    let scale = half(block, at: 208)
    // Each half of the block has four groups of 32. Group g takes bits 2g of the upper pairs.
    for part in 0..<2 {
      let low = block + 64 &* part
      let high = block + (128 &+ 32 &* part)
      let scales = block + (192 &+ 8 &* part)
      let target = output + 128 &* part
      for sub in 0..<2 {
        let scale0 = scale * Float(scales.loadUnaligned(fromByteOffset: sub, as: Int8.self))
        let scale1 = scale * Float(scales.loadUnaligned(fromByteOffset: 2 &+ sub, as: Int8.self))
        let scale2 = scale * Float(scales.loadUnaligned(fromByteOffset: 4 &+ sub, as: Int8.self))
        let scale3 = scale * Float(scales.loadUnaligned(fromByteOffset: 6 &+ sub, as: Int8.self))
        for element in 0..<16 {
          let index = 16 &* sub &+ element
          let first = byte(low, index)
          let second = byte(low, 32 &+ index)
          let bits = byte(high, index)
          target[index] = scale0 * Float(((first & 15) | ((bits & 3) &<< 4)) &- 32)
          target[32 &+ index] = scale1 * Float(((second & 15) | ((bits & 12) &<< 2)) &- 32)
          target[64 &+ index] = scale2 * Float(((first &>> 4) | (bits & 48)) &- 32)
          target[96 &+ index] = scale3 * Float(((second &>> 4) | ((bits & 192) &>> 2)) &- 32)
        }
      }
    }
  }
}
