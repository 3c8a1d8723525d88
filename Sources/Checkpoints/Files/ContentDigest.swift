// autointerp
// BLAKE2b-256 of content that comes in pieces.
// SPDX-License-Identifier: Apache-2.0

internal import CSodium

/// An incremental BLAKE2b-256 (libsodium's `crypto_generichash`).
struct ContentDigest: ~Copyable {
  private static let byteCount = 32
  /// libsodium's state, which it wants on 64-byte boundaries.
  private let memory: UnsafeMutableRawPointer
  private let state: OpaquePointer

  init() {
    memory = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
    state = OpaquePointer(memory)
    let status = crypto_generichash_init(state, nil, 0, Self.byteCount)
    precondition(status == 0, "BLAKE2b refused its parameters")
  }

  deinit { memory.deallocate() }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    crypto_generichash_update(state, base.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
  }

  mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// Ends the digest: 64 hexadecimal digits.
  consuming func hexadecimal() -> String {
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    crypto_generichash_final(state, &bytes, bytes.count)
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
