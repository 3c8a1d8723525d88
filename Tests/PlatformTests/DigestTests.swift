// autointerp
// `DigestTests` tests BLAKE2b digests against published values, in one piece and in several.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Platform

@Suite struct DigestTests {
  /// BLAKE2b-256 of nothing and of "abc" (`b2sum -l 256`).
  @Test(arguments: [
    ("", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
    ("abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
  ])
  func digestsEqualPublishedOnes(text: String, expected: String) {
    #expect(Digest.of(Array(text.utf8)).hexadecimal == expected)
    var digest = Digest()
    for byte in text.utf8 { digest.update([byte]) }
    #expect(digest.bytes().hexadecimal == expected)
  }

  @Test func aKeyAndALengthChangeTheDigest() {
    let key = [UInt8](repeating: 7, count: 32)
    let plain = Digest.of([1, 2, 3])
    let keyed = Digest.of([1, 2, 3], key: key)
    #expect(keyed != plain && keyed.count == 32)
    #expect(Digest.of([1, 2, 3], byteCount: 16).count == 16)
    #expect(keyed.equalsInConstantTime(Digest.of([1, 2, 3], key: key)))
    #expect(!keyed.equalsInConstantTime(plain) && !keyed.equalsInConstantTime([]))
  }
}
