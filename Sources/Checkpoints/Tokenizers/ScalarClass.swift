// autointerp
// `ScalarClass` sorts characters into letter, number, space and other, as the pre-tokenizer patterns do.
// SPDX-License-Identifier: Apache-2.0

/// The classes that pre-tokenizer patterns distinguish: `\p{L}`, `\p{N}`, `\s` and the rest.
enum ScalarClass: UInt8, Sendable {
  case other
  case letter
  case number
  case space
}

extension ScalarClass {
  /// The Unicode version of the reference's regular expressions (Oniguruma in Hugging Face `tokenizers` 0.23).
  ///
  /// Newer characters count as unassigned, so their class is `other`. Swift's own tables may be newer, but not older.
  static let unicodeVersion = (major: 16, minor: 0)

  /// Determines the class of a scalar from its Unicode properties.
  init(_ scalar: Unicode.Scalar) {
    let properties = scalar.properties
    if properties.isWhitespace {
      self = .space
      return
    }
    let isKnown = properties.age.map { ($0.major, $0.minor) <= Self.unicodeVersion } ?? false
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = isKnown ? .letter : .other
    case .decimalNumber, .letterNumber, .otherNumber:
      self = isKnown ? .number : .other
    default: self = .other
    }
  }

  /// The class of each scalar of the basic multilingual plane. Surrogates are `other`.
  private static let basicPlane: [ScalarClass] = (0..<UInt32(0x10000)).map { value in
    Unicode.Scalar(value).map { ScalarClass($0) } ?? .other
  }

  /// Returns the class of a scalar value; fast in the basic multilingual plane.
  static func of(_ value: UInt32) -> ScalarClass {
    if value < 0x80 { return ascii(UInt8(truncatingIfNeeded: value)) }
    if value < 0x10000 { return basicPlane[Int(value)] }
    return Unicode.Scalar(value).map { ScalarClass($0) } ?? .other
  }

  @inline(__always)
  static func ascii(_ byte: UInt8) -> ScalarClass {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A: .letter
    case 0x30...0x39: .number
    case 0x20, 0x09...0x0D: .space
    default: .other
    }
  }

  /// True if a digit-splitting pre-tokenizer isolates the scalar.
  ///
  /// The reference uses Rust's `char::is_numeric` here, which knows Unicode 17, instead of its regular expressions.
  static func isSplitDigit(_ value: UInt32) -> Bool {
    if value < 0x80 { return ascii(UInt8(truncatingIfNeeded: value)) == .number }
    switch of(value) {
    case .number: return true
    case .letter, .space: return false
    case .other:
      guard value >= 0x10000, let scalar = Unicode.Scalar(value) else { return false }
      switch scalar.properties.generalCategory {
      case .decimalNumber, .letterNumber, .otherNumber: return true
      default: return false
      }
    }
  }
}
