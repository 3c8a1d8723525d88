// autointerp
// `StatusServerTests` tests the answers of the status port over real loopback sockets.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import TestSupport
import Testing

@testable import StatusServer

@Suite struct StatusServerTests {
  @Test func statusIsTheFleetsStateAsJSON() async throws {
    let answer = try await withStatusServer { port in try await RawHTTP.get("/status", port: port) }
    #expect(answer.status == 200)
    #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
    #expect(try StatusJSON.decode(FleetStatus.self, from: Array(answer.body.utf8)) == .sample())
  }

  @Test(arguments: [
    ("/", "text/html"), ("/status", "application/json"), ("/events", "text/event-stream"), ("/metrics", "text/plain"),
    ("/healthz", "text/plain"), ("/readyz", "text/plain"), ("/neurons", "application/json"),
    ("/history", "application/json"), ("/history/workers", "application/json"),
  ])
  func headAnswersLikeGetWithoutABody(path: String, type: String) async throws {
    let answer = try await withStatusServer { port in try await RawHTTP.get(path, port: port, method: "HEAD") }
    #expect(answer.status == 200)
    #expect(answer.headers["content-type"]?.hasPrefix(type) == true)
    #expect(answer.body.isEmpty)
  }

  @Test(arguments: ["/", "/status", "/metrics", "/nothing", "/neurons?limit=x"])
  func everyAnswerCarriesTheSecurityHeaders(path: String) async throws {
    let headers = try await withStatusServer { port in try await RawHTTP.get(path, port: port) }.headers
    #expect(headers["x-content-type-options"] == "nosniff")
    #expect(headers["referrer-policy"] == "no-referrer")
    #expect(headers["cache-control"] == "no-store")
    #expect(headers["cross-origin-resource-policy"] == "same-origin")
    #expect(headers["access-control-allow-origin"] == nil)
    let policy = try #require(headers["content-security-policy"])
    #expect(policy.contains("default-src 'none'"))
    #expect(policy.contains("frame-ancestors 'none'"))
    #expect(!policy.contains("unsafe"))
  }

  @Test func thePageRunsOnlyWhatItsNonceAllowsAndTheNonceIsNew() async throws {
    let (first, second) = try await withStatusServer { port in
      (try await RawHTTP.get("/", port: port), try await RawHTTP.get("/", port: port))
    }
    let policy = try #require(first.headers["content-security-policy"])
    let match = try #require(policy.firstMatch(of: /script-src 'nonce-([0-9a-z]+)'/))
    #expect(first.body.contains("<script nonce=\"\(match.1)\">"))
    #expect(first.body.contains("<style nonce=\"\(match.1)\">"))
    #expect(second.headers["content-security-policy"] != policy)
    // Nothing on the page comes from elsewhere, and nothing turns text into markup.
    #expect(first.body.ranges(of: /(src|href)="(?!data:|\/)/).isEmpty)
    for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
      #expect(!first.body.contains(sink), "\(sink)")
    }
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
  func anythingButGetAndHeadIsRefused(method: String) async throws {
    let answer = try await withStatusServer { port in try await RawHTTP.get("/status", port: port, method: method) }
    #expect(answer.status == 405)
    #expect(answer.headers["allow"] == "GET, HEAD")
    #expect(answer.body.contains("read-only"))
  }

  @Test(arguments: [
    ("/nothing", 404), ("/status/", 404), ("/../etc/passwd", 404), ("/neurons/", 400), ("/neurons/L1", 400),
    ("/neurons/L15/N7890", 404), ("/neurons?limit=0", 400), ("/neurons?limit=501", 400), ("/neurons?limit=1e3", 400),
    ("/neurons?sort=size", 400), ("/neurons?limt=5", 400), ("/neurons?limit=5&limit=6", 400), ("/neurons?run=%FF", 400),
    ("/neurons?run=other", 404), ("/history?run=other", 404), ("/status?run=r", 400), ("/events?x", 400),
    ("/metrics?x=1", 400), ("/session?token=x", 400), ("/history/workers?x", 400),
  ])
  func whatCannotBeAnsweredIsAnErrorInJSON(path: String, status: Int) async throws {
    let answer = try await withStatusServer { port in try await RawHTTP.get(path, port: port) }
    #expect(answer.status == status)
    struct Failure: Decodable {
      struct Reason: Decodable {
        var status: Int
        var message: String
      }
      var error: Reason
    }
    let failure = try StatusJSON.decode(Failure.self, from: Array(answer.body.utf8))
    #expect(failure.error.status == status)
    #expect(!failure.error.message.isEmpty)
  }

  @Test func neuronsAreAskedForAsTheQuerySays() async throws {
    let source = FakeSource()
    var report = NeuronReport(
      neuron: NeuronID(layer: 15, index: 7890), prompts: 12, domainPrompts: 9, baselinePrompts: 3)
    report.label = hostileText
    source.set([report])
    let (list, one, encoded) = try await withStatusServer(source) { port in
      (
        try await RawHTTP.get("/neurons?run=math-aa01&sort=prompts&limit=7&edges=2", port: port),
        try await RawHTTP.get("/neurons/L15/N7890", port: port), try await RawHTTP.get("/neurons/15%3A7890", port: port)
      )
    }
    var query = NeuronQuery(run: "math-aa01")
    query.order = .prompts
    query.limit = 7
    query.edgesPerNeuron = 2
    #expect(source.queries == [query])
    struct List: Decodable { var neurons: [NeuronReport] }
    struct One: Decodable {
      var run: String
      var profile: NeuronReport
    }
    #expect(try StatusJSON.decode(List.self, from: Array(list.body.utf8)).neurons == [report])
    let profile = try StatusJSON.decode(One.self, from: Array(one.body.utf8))
    #expect(profile.profile == report)
    // Without a name the active run is meant.
    #expect(profile.run == "capitals-smollm2-3f9a")
    #expect(encoded.status == 200)
  }

  @Test func readinessFollowsTheSourceWhileAlivenessDoesNot() async throws {
    let source = FakeSource()
    source.set(Readiness(problems: ["no space left on the run's disk"]))
    let (ready, alive) = try await withStatusServer(source) { port in
      (try await RawHTTP.get("/readyz", port: port), try await RawHTTP.get("/healthz", port: port))
    }
    #expect(ready.status == 503)
    #expect(ready.body.contains("no space left on the run's disk"))
    #expect(alive.status == 200)
  }

  @Test func aValueThatJSONCannotExpressHidesNothingElse() async throws {
    let source = FakeSource()
    source.change { $0.runs[0].worstConservationResidual = .infinity }
    let answer = try await withStatusServer(source) { port in try await RawHTTP.get("/status", port: port) }
    #expect(answer.status == 200)
    #expect(
      try StatusJSON.decode(FleetStatus.self, from: Array(answer.body.utf8)).runs[0].worstConservationResidual
        == .infinity)
  }

  @Test func aPortInUseIsNamedInTheError() async throws {
    try await withStatusServer { port in
      await #expect {
        try await withStatusServer(configure: { $0.port = port }, body: { _ in })
      } throws: { error in
        guard case StatusServerError.bind(host: "127.0.0.1", port: port, _) = error else { return false }
        return true
      }
    }
  }
}
