// autointerp
// `ActivationReference` reads and writes its file: a line of JSON, then the means as binary numbers.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import JSON
internal import Platform

/// Why a file is not a reference of activations.
package struct ReferenceError: Error, Equatable, CustomStringConvertible {
  package var problem: String
  package var description: String { problem }
}

extension ActivationReference {
  package static let schema = "autointerp.means/1"

  /// The bytes of the file. The means of the first position come before those of the others, little-endian.
  package func fileBytes() -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(4 * (means.first.count + means.later.count))
    for value in means.first + means.later {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { body.append(contentsOf: $0) }
    }
    var json = JSONByteWriter()
    json.beginObject()
    json.field("schema", Self.schema)
    json.field("model_fingerprint", modelFingerprint)
    json.field("template", template)
    json.field("corpus", corpusName)
    json.field("corpus_digest", corpusDigest)
    json.field("prompts", means.promptCount)
    json.field("later_positions", means.laterPositionCount)
    json.field("layers", means.layerCount)
    json.field("feed_forward", means.feedForwardDimension)
    json.field("digest", Digest.of(body).hexadecimal)
    json.end()
    // The writer ends a document with a newline.
    return json.bytes + body
  }

  /// - Throws: `ReferenceError` that says what is wrong with bytes that are no such file.
  package init(fileBytes bytes: [UInt8]) throws(ReferenceError) {
    func wrong(_ problem: String) -> ReferenceError { ReferenceError(problem: problem) }
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { throw wrong("it has no first line") }
    let parsed: JSONValue
    do throws(JSONError) {
      parsed = try JSONValue(parsing: Array(bytes[..<end]))
    } catch {
      throw wrong("its first line is not JSON (\(error))")
    }
    guard let head = parsed.object, let schema = head["schema"]?.string else { throw wrong("it names no schema") }
    guard schema == Self.schema else { throw wrong("its schema is \(schema), this version reads \(Self.schema)") }
    func text(_ key: String) throws(ReferenceError) -> String {
      guard let text = head[key]?.string else { throw wrong("it has no \(key)") }
      return text
    }
    func number(_ key: String) throws(ReferenceError) -> Int {
      guard let number = head[key]?.integer, (0..<1 << 32).contains(number) else { throw wrong("it has no \(key)") }
      return number
    }
    let (layers, width) = (try number("layers"), try number("feed_forward"))
    let body = Array(bytes[(end + 1)...])
    let (count, overflow) = layers.multipliedReportingOverflow(by: width)
    guard !overflow, count < 1 << 40, body.count == 8 * count else {
      throw wrong("it has \(body.count) bytes of means, expected \(layers) layers of \(width) neurons twice")
    }
    guard Digest.of(body).hexadecimal == (try text("digest")) else {
      throw wrong("its bytes do not match their digest")
    }
    let values = body.withUnsafeBytes { raw in
      (0..<2 * count).map {
        Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    guard values.allSatisfy(\.isFinite) else { throw wrong("a mean is not a finite number") }
    self.init(
      modelFingerprint: try text("model_fingerprint"), template: try text("template"), corpusName: try text("corpus"),
      corpusDigest: try text("corpus_digest"),
      means: ActivationMeans(
        promptCount: try number("prompts"), laterPositionCount: try number("later_positions"), layerCount: layers,
        feedForwardDimension: width, first: Array(values[..<count]), later: Array(values[count...])))
  }
}
