// autointerp
// `AccessTests` tests who may read the status port.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import StatusServer

@Suite struct AccessTests {
  static let token = "0123456789abcdef0123456789abcdef"

  @Test(arguments: [
    ("127.0.0.1", 200), ("127.0.0.1:7646", 200), ("localhost:1", 200), ("LOCALHOST", 200), ("[::1]:80", 200),
    ("status.internal", 200), ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("localhost.evil.example", 421),
    ("localhost:evil", 421), ("[::1", 421), ("127.0.0.1@evil.example", 421),
  ])
  func onLoopbackOnlyItsOwnNamesAreAnswered(host: String, status: Int) async throws {
    let answer = try await withStatusServer(configure: { $0.allowedHosts = ["Status.Internal"] }) { port in
      try await RawHTTP.get("/status", port: port, host: host)
    }
    #expect(answer.status == status)
    #expect(answer.body.contains("capitals") == (status == 200))
  }

  @Test func aRequestWithoutHostIsRefused() async throws {
    let answer = try await withStatusServer { port in try await RawHTTP.get("/status", port: port, host: nil) }
    #expect(answer.status == 400)
  }

  @Test(arguments: ["127.0.0.1", "evil.example"])
  func severalHostsAreRefused(second: String) async throws {
    let answer = try await withStatusServer { port in
      try await RawHTTP.get("/healthz", port: port, headers: ["Host: \(second)"])
    }
    #expect(answer.status == 400)
  }

  @Test(arguments: [
    "/neurons/nonsense", "/neurons?limit=x", "/neurons?run=%FF", "/status?x=1", "/history?run=1&run=2", "/nothing",
  ])
  func strangersDoNotLearnWhatIsWrongWithTheirRequests(path: String) async throws {
    let (stranger, reader) = try await withStatusServer(configure: { $0.bearerToken = Self.token }) { port in
      (
        try await RawHTTP.get(path, port: port),
        try await RawHTTP.get(path, port: port, headers: ["Authorization: Bearer \(Self.token)"])
      )
    }
    #expect(stranger.status == 401)
    #expect(reader.status == (path == "/nothing" ? 404 : 400))
  }

  @Test(arguments: [
    ([], 401), (["Authorization: Bearer \(token)"], 200), (["authorization: bearer \(token)"], 200),
    (["Authorization: Bearer \(token)0"], 401), (["Authorization: Bearer \(token.dropLast())"], 401),
    (["Authorization: Bearer"], 401), (["Authorization: Basic \(token)"], 401),
    (["Cookie: autointerp_status_0=x"], 401),
    (["Cookie: autointerp_status_0=\(token)"], 401), (["Cookie: autointerp_status_0="], 401),
  ])
  func theTokenLetsIn(headers: [String], status: Int) async throws {
    for path in ["/status", "/metrics", "/neurons", "/history", "/session", "/nothing"] {
      let answer = try await withStatusServer(configure: { $0.bearerToken = Self.token }) { port in
        try await RawHTTP.get(path, port: port, headers: headers)
      }
      let expected = status == 401 ? 401 : path == "/nothing" ? 404 : path == "/session" ? 204 : 200
      #expect(answer.status == expected, "\(path)")
      if status == 401 { #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true) }
    }
  }

  @Test func probesNeedNoTokenAndTellStrangersNothing() async throws {
    let source = FakeSource()
    source.set(Readiness(problems: ["/data/runs is read-only"]))
    let (alive, ready, detailed) = try await withStatusServer(
      source, configure: { $0.bearerToken = Self.token },
      body: { port in
        (
          try await RawHTTP.get("/healthz", port: port), try await RawHTTP.get("/readyz", port: port),
          try await RawHTTP.get("/readyz", port: port, headers: ["Authorization: Bearer \(Self.token)"])
        )
      })
    #expect(alive.status == 200)
    #expect(ready.status == 503)
    #expect(!ready.body.contains("/data"))
    #expect(detailed.body.contains("/data/runs is read-only"))
  }

  @Test func aBrowserTradesTheTokenForACookieThatDoesNotContainIt() async throws {
    try await withStatusServer(configure: { $0.bearerToken = Self.token }) { port in
      let stranger = try await RawHTTP.get("/", port: port)
      #expect(stranger.status == 401)
      #expect(stranger.body.contains("Sign in"))
      #expect(try await RawHTTP.get("/?token=wrong", port: port).headers["set-cookie"] == nil)

      let byAddress = try await RawHTTP.get("/?token=\(Self.token)", port: port)
      #expect(byAddress.status == 303)
      #expect(byAddress.headers["location"] == "/")
      let bySession = try await RawHTTP.get(
        "/session", port: port, headers: ["Authorization: Bearer \(Self.token)"])
      let cookie = try #require(bySession.headers["set-cookie"])
      #expect(byAddress.headers["set-cookie"] == cookie)
      #expect(cookie.contains("HttpOnly"))
      #expect(cookie.contains("SameSite=Strict"))
      #expect(!cookie.contains(Self.token))

      let pair = String(cookie.prefix { $0 != ";" })
      #expect(try await RawHTTP.get("/", port: port, headers: ["Cookie: other=1; \(pair)"]).status == 200)
      #expect(try await RawHTTP.get("/status", port: port, headers: ["Cookie: \(pair)"]).status == 200)
      let tampered = String(pair.dropLast()) + (pair.last == "0" ? "1" : "0")
      #expect(try await RawHTTP.get("/status", port: port, headers: ["Cookie: \(tampered)"]).status == 401)
    }
  }

  @Test func anotherTokenMakesAnotherSession() {
    var one = StatusServerConfiguration()
    one.bearerToken = Self.token
    var two = one
    two.bearerToken = "fedcba98765432100123456789abcdef"
    #expect(AccessControl(configuration: one).setCookie == AccessControl(configuration: one).setCookie)
    #expect(AccessControl(configuration: one).setCookie != AccessControl(configuration: two).setCookie)
  }

  @Test(arguments: ["0.0.0.0", "192.168.1.7", "::", "example.org", "127.0.0.300", "127.0.0", "1270.0.0.1"])
  func bindingWhereOthersCanReachItMustBeAsked(host: String) throws {
    var configuration = StatusServerConfiguration()
    configuration.host = host
    #expect(throws: StatusServerError.self) { try configuration.validate() }
    configuration.allowRemote = true
    try configuration.validate()
  }

  @Test(arguments: [
    "", "two words are not one token", "tab\tis not visible", "ééééééééééééééééé", "fifteen-letters",
  ])
  func aTokenThatNoHeaderCanCarryOrThatIsShortIsRefused(token: String) {
    var configuration = StatusServerConfiguration()
    configuration.bearerToken = token
    #expect(throws: StatusServerError.self) { try configuration.validate() }
  }
}
