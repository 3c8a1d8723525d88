// autointerp
// `ResultSetDigest` computes one digest of a set of prompts' results, to tell from which results statistics were made.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// The digests of results by prompt. Equal sets give equal digests, in whatever order they were added.
package struct ResultSetDigest: Equatable, Sendable {
  private var digests: [Int32: [UInt8]] = [:]

  package init() {}

  package init(_ digests: [Int32: [UInt8]]) { self.digests = digests }

  package mutating func add(prompt: Int32, digest: [UInt8]) { digests[prompt] = digest }

  package mutating func formUnion(_ other: ResultSetDigest) { digests.merge(other.digests) { first, _ in first } }

  /// 32 hexadecimal digits. O(results log results)
  package var text: String {
    var digest = Digest(byteCount: 16)
    for (prompt, bytes) in digests.sorted(by: { $0.key < $1.key }) {
      withUnsafeBytes(of: prompt.littleEndian) { digest.update($0) }
      digest.update(bytes)
    }
    return digest.bytes().hexadecimal
  }
}
