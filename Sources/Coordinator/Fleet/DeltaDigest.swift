// autointerp
// `DeltaDigest` is a digest of a delta; two deltas are equal if their digests are.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// A 32-byte digest of a delta.
package struct DeltaDigest: Hashable, Sendable {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  /// - Precondition: 32 bytes.
  package init(_ bytes: [UInt8]) {
    precondition(bytes.count == 32, "a digest has 32 bytes, not \(bytes.count)")
    func word(_ i: Int) -> UInt64 { bytes[8 * i..<8 * i + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    (a, b, c, d) = (word(0), word(1), word(2), word(3))
  }

  package init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
    (self.a, self.b, self.c, self.d) = (a, b, c, d)
  }

  /// BLAKE2b-256 of a delta's canonical bytes, at about a gigabyte per second.
  package init(of payload: [UInt8]) { self.init(Digest.of(payload)) }

  package var bytes: [UInt8] {
    [a, b, c, d].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } }
  }
}
