// autointerp
// `StatusAddressTests` tests that the URL of a status port is taken apart and that other URLs are refused.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Console

@Suite struct StatusAddressTests {
  @Test(arguments: [
    ("http://127.0.0.1:7646", "127.0.0.1", 7646, ""), ("http://head", "head", 80, ""),
    ("http://head.example/", "head.example", 80, ""), ("HTTP://head:1/fleet/a/", "head", 1, "/fleet/a"),
    ("http://[::1]:7646/x", "::1", 7646, "/x"), ("http://[fe80::1]", "fe80::1", 80, ""),
  ])
  func aURLIsTakenApart(url: String, host: String, port: Int, path: String) throws {
    let address = try StatusAddress(url: url)
    #expect(address.host == host && address.port == port && address.path == path)
  }

  @Test(arguments: [
    ("localhost:7646", "not a URL"), ("", "not a URL"), ("http://", "not a URL"), ("http://:80", "not a URL"),
    ("http:///x", "not a URL"), ("http://[::1", "not a URL"), ("http://a b", "not a URL"),
    ("https://localhost", "only http"), ("http://user@host", "expected neither user nor query"),
    ("http://host/?token=x", "expected neither user nor query"), ("http://host/#x", "expected neither user nor query"),
    ("http://host:", "expected a port"), ("http://host:0", "expected a port"), ("http://host:65536", "expected a port"),
    ("http://[::1]x", "expected a port"), ("http://::1:80", "not a URL"),
  ])
  func otherTextsAreRefused(url: String, problem: String) {
    let error = #expect(throws: StatusClientError.self) { try StatusAddress(url: url) }
    guard case .badURL(url, let found) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found.hasPrefix(problem))
  }
}
