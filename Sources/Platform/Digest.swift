// autointerp
// `Digest` computes BLAKE2b digests of content that is in memory or comes in pieces.
// SPDX-License-Identifier: Apache-2.0

internal import CSodium

/// Computes a BLAKE2b digest (libsodium's `crypto_generichash`) piece by piece, at about a gigabyte per second.
package struct Digest: ~Copyable {
  private let byteCount: Int
  /// libsodium's state, which must lie on a 64-byte boundary.
  private let memory: UnsafeMutableRawPointer
  private let state: OpaquePointer

  /// - Parameters:
  ///   - byteCount: the length of the result, 16 to 64.
  ///   - key: empty, or 16 to 64 secret bytes that are needed to compute the digest.
  package init(byteCount: Int = 32, key: [UInt8] = []) {
    self.byteCount = byteCount
    memory = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
    state = OpaquePointer(memory)
    let status = crypto_generichash_init(state, key.isEmpty ? nil : key, key.count, byteCount)
    precondition(status == 0, "BLAKE2b takes 16 to 64 bytes of result and at most 64 bytes of key")
  }

  deinit { memory.deallocate() }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    crypto_generichash_update(state, base.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
  }

  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  package mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// Ends the digest and returns its bytes.
  package consuming func bytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    crypto_generichash_final(state, &bytes, bytes.count)
    return bytes
  }

  /// The digest of bytes that are all in memory.
  package static func of(_ bytes: [UInt8], byteCount: Int = 32, key: [UInt8] = []) -> [UInt8] {
    var digest = Digest(byteCount: byteCount, key: key)
    digest.update(bytes)
    return digest.bytes()
  }
}

extension [UInt8] {
  /// Two lower-case hexadecimal digits per byte.
  package var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// True if both hold the same bytes. The time depends only on the lengths, so that measuring it reveals nothing about
  /// a secret.
  package func equalsInConstantTime(_ other: [UInt8]) -> Bool {
    count == other.count && sodium_memcmp(self, other, count) == 0
  }
}
