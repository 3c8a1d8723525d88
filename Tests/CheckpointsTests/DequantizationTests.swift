// autointerp
// `DequantizationTests` tests that `ElementType.dequantize` equals the gguf package's results and simple loops.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Testing

@Suite struct DequantizationTests {
  /// The committed fixtures, or those that scripts/check-dequantization has just made.
  static let fixtures =
    ProcessInfo.processInfo.environment["AUTOINTERP_DEQUANTIZATION_FIXTURES"].map { URL(fileURLWithPath: $0) }
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/Dequantization")

  static func blocks(of type: ElementType) throws -> [UInt8] {
    Array(try Data(contentsOf: fixtures.appendingPathComponent("\(type.rawValue).blocks")))
  }

  static func tensor(_ type: ElementType, rows: Int, columns: Int, _ bytes: [UInt8]) -> TensorView {
    bytes.withUnsafeBytes {
      TensorView(name: type.rawValue, rows: rows, columns: columns, elementType: type, bytes: $0)
    }
  }

  @Test(arguments: ElementType.allCases)
  func equalsTheGGUFPackageBitForBit(type: ElementType) throws {
    let blocks = try Self.blocks(of: type)
    let floats = Array(try Data(contentsOf: Self.fixtures.appendingPathComponent("\(type.rawValue).floats")))
    let expected = floats.withUnsafeBytes { buffer in
      (0..<buffer.count / 4).map { UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
    }
    let count = blocks.count / type.blockBytes
    #expect(count > 0)
    let values = Self.tensor(type, rows: count, columns: type.blockElements, blocks).floats()
    #expect(values.count == expected.count)
    let differing = values.indices.filter { values[$0].bitPattern != expected[$0] }
    #expect(differing.isEmpty, "\(differing.prefix(10).map { "element \($0): \(values[$0])" })")
  }

  @Test(arguments: ElementType.allCases)
  func equalsTheNaiveLoop(type: ElementType) throws {
    let blocks = try Self.blocks(of: type)
    for start in stride(from: 0, to: blocks.count, by: type.blockBytes) {
      let block = Array(blocks[start..<start + type.blockBytes])
      let values = Self.tensor(type, rows: 1, columns: type.blockElements, block).floats()
      let expected = (0..<type.blockElements).map { NaiveBlock(type: type, bytes: block).element($0) }
      #expect(values.map(\.bitPattern) == expected.map(\.bitPattern))
    }
  }

  /// To read past the rows of a tensor is to read past its file.
  @Test func rowsThatATensorDoesNotHaveAreNotRead() async {
    await #expect(processExitsWith: .success) {
      let view = TensorView(name: "three rows", rows: 3, columns: 2, values: [1, 2, 3, 4, 5, 6])
      let target = UnsafeMutablePointer<Float>.allocate(capacity: 4)
      view.copyRows(1..<3, into: target)
      precondition(target[0] == 3 && target[3] == 6)
    }
    await #expect(processExitsWith: .failure) {
      let view = TensorView(name: "three rows", rows: 3, columns: 2, values: [1, 2, 3, 4, 5, 6])
      view.copyRows(2..<4, into: UnsafeMutablePointer<Float>.allocate(capacity: 4))
    }
    await #expect(processExitsWith: .failure) {
      let view = TensorView(name: "three rows", rows: 3, columns: 2, values: [1, 2, 3, 4, 5, 6])
      view.copyRows(-1..<1, into: UnsafeMutablePointer<Float>.allocate(capacity: 4))
    }
  }

  @Test func everyHalfHasItsExactValue() {
    let bits = (0...UInt16.max).map { $0 }
    let bytes = bits.flatMap { GGUFWriter.little($0) }
    let values = Self.tensor(.float16, rows: 1, columns: bits.count, bytes).floats()
    for (bits, value) in zip(bits, values) {
      let expected = NaiveBlock.value(ofHalf: bits)
      #expect(value == expected || value.isNaN && expected.isNaN, "\(bits)")
      #expect(value.sign == (bits >> 15 == 0 ? .plus : .minus), "\(bits)")
    }
  }

  /// Nothing is aligned: after a block of an odd size the next one starts anywhere.
  @Test(arguments: ElementType.allCases)
  func readsUnalignedBytes(type: ElementType) throws {
    let blocks = try Self.blocks(of: type)
    let count = blocks.count / type.blockBytes
    let aligned = Self.tensor(type, rows: count, columns: type.blockElements, blocks).floats()
    for shift in 1...3 {
      let shifted = [UInt8](repeating: 0xFF, count: shift) + blocks
      shifted.withUnsafeBytes { buffer in
        let view = TensorView(
          name: "shifted", rowCount: count, columnCount: type.blockElements, elementType: type,
          bytes: UnsafeRawBufferPointer(rebasing: buffer[shift...]), owner: NSObject())
        #expect(view.floats().map(\.bitPattern) == aligned.map(\.bitPattern))
      }
    }
  }

  @Test(arguments: ElementType.allCases)
  func rowsAreTheSameAloneAndTogether(type: ElementType) throws {
    let blocks = try Self.blocks(of: type)
    let columns = 2 * type.blockElements
    let rows = blocks.count / type.blockBytes / 2
    let tensor = Self.tensor(type, rows: rows, columns: columns, blocks)
    #expect(tensor.rowBytes == 2 * type.blockBytes)
    let all = tensor.floats().map(\.bitPattern)
    var guarded = [Float](repeating: -7, count: columns * 3 + 1)
    for first in stride(from: 0, to: rows - 3, by: 5) {
      guarded.withUnsafeMutableBufferPointer { tensor.copyRows(first..<first + 3, into: $0.baseAddress!) }
      #expect(guarded.dropLast().map(\.bitPattern) == Array(all[first * columns..<(first + 3) * columns]))
      #expect(guarded.last == -7)
    }
  }

  @Test(arguments: [ElementType.float32, .bfloat16, .q8_0])
  func interleavedRowsComeBackInPlainOrder(type: ElementType) throws {
    // Three heads of eight rows, one block per row.
    let blocks = Array(try Self.blocks(of: type).prefix(24 * type.blockBytes))
    let stored = Self.tensor(type, rows: 24, columns: type.blockElements, blocks).floats()
    let view = blocks.withUnsafeBytes {
      TensorView(
        name: "q", rows: 24, columns: type.blockElements, elementType: type, bytes: $0, interleavedHeadCount: 3)
    }
    let plain = view.floats()
    #expect(GGUFWriter.permuted(plain, rows: 24, heads: 3).map(\.bitPattern) == stored.map(\.bitPattern))
    #expect(plain.map(\.bitPattern) != stored.map(\.bitPattern))
  }
}

/// Decodes one element at a time, directly from the description of the format.
private struct NaiveBlock {
  let type: ElementType
  let bytes: [UInt8]

  static func value(ofHalf bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 0 ? 1 : -1
    let mantissa = Float(bits & 0x3FF)
    switch bits >> 10 & 31 {
    case 0: return sign * mantissa * 0x1p-24
    case 31:
      return mantissa == 0
        ? sign * .infinity : Float(sign: bits >> 15 == 0 ? .plus : .minus, exponent: 0, significand: .nan)
    case let exponent:
      return sign * (1 + mantissa / 1024) * Float(sign: .plus, exponent: Int(exponent) - 15, significand: 1)
    }
  }

  func half(_ offset: Int) -> Float { Self.value(ofHalf: UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8) }

  func bit(_ number: Int, from offset: Int) -> Int { Int(bytes[offset + number / 8] >> UInt8(number % 8) & 1) }

  /// The nibble of a block of 32 whose codes start at `offset`.
  func nibble(_ index: Int, from offset: Int) -> Int {
    index < 16 ? Int(bytes[offset + index] & 15) : Int(bytes[offset + index - 16] >> 4)
  }

  func element(_ index: Int) -> Float {
    switch type {
    case .float32:
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[$1]) << UInt32(8 * $1) }
      return Float(bitPattern: bits)
    case .float16: return half(0)
    case .bfloat16: return Float(bitPattern: UInt32(bytes[0]) << 16 | UInt32(bytes[1]) << 24)
    case .q8_0: return half(0) * Float(Int8(bitPattern: bytes[2 + index]))
    case .q4_0: return half(0) * Float(nibble(index, from: 2) - 8)
    case .q4_1: return half(0) * Float(nibble(index, from: 4)) + half(2)
    case .q5_0: return half(0) * Float(nibble(index, from: 6) + 16 * bit(index, from: 2) - 16)
    case .q5_1: return half(0) * Float(nibble(index, from: 8) + 16 * bit(index, from: 4)) + half(2)
    case .q4_K: return superBlock(index, codes: 16, fifthBits: nil)
    case .q5_K: return superBlock(index, codes: 48, fifthBits: 16)
    case .q6_K:
      // Two halves of 128, each with four runs of 32.
      let (part, within) = index.quotientAndRemainder(dividingBy: 128)
      let (run, element) = within.quotientAndRemainder(dividingBy: 32)
      let pair = bytes[part * 64 + run % 2 * 32 + element]
      let low = Int(run < 2 ? pair & 15 : pair >> 4)
      let high = Int(bytes[128 + part * 32 + element] >> UInt8(2 * run) & 3)
      let scale = half(208) * Float(Int8(bitPattern: bytes[192 + index / 16]))
      return scale * Float(low + 16 * high - 32)
    }
  }

  func superBlock(_ index: Int, codes: Int, fifthBits: Int?) -> Float {
    let (sub, element) = index.quotientAndRemainder(dividingBy: 32)
    let pair = bytes[codes + sub / 2 * 32 + element]
    var code = Int(sub % 2 == 0 ? pair & 15 : pair >> 4)
    if let fifthBits { code += 16 * Int(bytes[fifthBits + element] >> UInt8(sub) & 1) }
    let scale: UInt8
    let minimum: UInt8
    if sub < 4 {
      scale = bytes[4 + sub] & 63
      minimum = bytes[8 + sub] & 63
    } else {
      scale = (bytes[8 + sub] & 15) | ((bytes[sub] >> 6) << 4)
      minimum = (bytes[8 + sub] >> 4) | ((bytes[4 + sub] >> 6) << 4)
    }
    return half(0) * Float(scale) * Float(code) - half(2) * Float(minimum)
  }
}
