// autointerp
// `HTTPDateTests` tests that a time is written in HTTP's format.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StatusServer

@Suite struct HTTPDateTests {
  @Test(arguments: [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"),
  ])
  func aTimeIsWrittenAsTheHeaderHasIt(seconds: Int, text: String) {
    #expect(HTTPDate.text(secondsSince1970: seconds) == text)
  }
}
