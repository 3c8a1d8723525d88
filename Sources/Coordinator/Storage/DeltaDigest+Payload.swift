// autointerp
// The digest by which deltas are compared.
// SPDX-License-Identifier: Apache-2.0

internal import CSodium

extension DeltaDigest {
  /// BLAKE2b-256 of a delta's canonical bytes. About a gigabyte a second.
  package init(of payload: [UInt8]) {
    var digest = [UInt8](repeating: 0, count: 32)
    let status = crypto_generichash(&digest, digest.count, payload, UInt64(payload.count), nil, 0)
    precondition(status == 0, "BLAKE2b-256 takes any bytes")
    self.init(digest)
  }
}
