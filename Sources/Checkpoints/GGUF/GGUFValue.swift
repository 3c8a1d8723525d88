// autointerp
// `GGUFValue` is one value of GGUF metadata.
// SPDX-License-Identifier: Apache-2.0

/// A metadata value, widened to the largest type of its kind. The reader refuses arrays of arrays.
package enum GGUFValue: Equatable, Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  case float(Double)
  case boolean(Bool)
  case string(String)
  case strings([String])
  /// An array of any integer type. The reader refuses elements above `Int64.max`.
  case integers([Int64])
  case floats([Float])
  case booleans([Bool])

  /// The value of either integer kind, or nil if it is something else or does not fit `Int`.
  package var integer: Int? {
    switch self {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The value of a float or of an integer.
  package var number: Double? {
    switch self {
    case .float(let value): value
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    default: nil
    }
  }

  package var boolean: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var strings: [String]? {
    if case .strings(let value) = self { value } else { nil }
  }

  package var integers: [Int64]? {
    if case .integers(let value) = self { value } else { nil }
  }

  package var floats: [Float]? {
    if case .floats(let value) = self { value } else { nil }
  }

  /// The kind of value in words, for error messages.
  package var kind: String {
    switch self {
    case .unsigned, .signed: "integer"
    case .float: "float"
    case .boolean: "boolean"
    case .string: "string"
    case .strings: "array of strings"
    case .integers: "array of integers"
    case .floats: "array of floats"
    case .booleans: "array of booleans"
    }
  }
}
