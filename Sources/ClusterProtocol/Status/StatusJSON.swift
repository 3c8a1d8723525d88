// autointerp
// `StatusJSON` encodes the status port's answers as JSON and decodes them in its clients.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The JSON of the status port: sorted keys, one line, unescaped slashes. A number that JSON cannot express (a residual
/// that is not finite) becomes a string instead of an error, so that one bad value does not hide the rest.
package enum StatusJSON {
  package static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return [UInt8](try encoder.encode(value))
  }

  package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try decoder.decode(type, from: Data(bytes))
  }
}
