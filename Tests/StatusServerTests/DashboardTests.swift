// autointerp
// `DashboardTests` tests that the pages hold their own style and scripts, and no comments from the files' headers.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StatusServer

@Suite struct DashboardTests {
  @Test(arguments: [
    Dashboard.page(nonce: "N-1"), Dashboard.atlasPage(nonce: "N-1"), Dashboard.signInPage(nonce: "N-1"),
  ])
  func aPageNeedsNothingElse(page: String) {
    #expect(page.hasPrefix("<!doctype html>\n") && page.hasSuffix("</body>\n</html>\n"))
    #expect(page.ranges(of: "<style nonce=\"N-1\">\n").count == 1)
    #expect(page.ranges(of: "<script nonce=\"N-1\">\n\"use strict\";\n(() => {\n").count == 1)
    #expect(page.ranges(of: "N-1").count == 2)
    for outside in ["stylesheet", "src=", "SPDX", "@import", "//# "] { #expect(!page.contains(outside), "\(outside)") }
  }
}
