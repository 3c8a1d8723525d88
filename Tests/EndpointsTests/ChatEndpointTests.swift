// autointerp
// Tests of `ChatEndpoint`: addresses, keys, retries, and replies that are no chat completion, over a real connection too.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import JSON
internal import Synchronization
internal import Testing

@testable import Endpoints

@Suite struct ChatEndpointTests {
  /// Gives its answers in order, and remembers what was asked.
  private final class Script: HTTPTransport {
    let requests = Mutex<[HTTPRequest]>([])
    private let answers: Mutex<[Result<HTTPAnswer, EndpointError>]>

    init(_ answers: [Result<HTTPAnswer, EndpointError>]) { self.answers = Mutex(answers) }

    func post(_ request: HTTPRequest) throws(EndpointError) -> HTTPAnswer {
      requests.withLock { $0.append(request) }
      return try answers.withLock { $0.removeFirst() }.get()
    }
  }

  private final class Waits: Sendable {
    let all = Mutex<[Duration]>([])
  }

  private static func said(_ text: String) -> Result<HTTPAnswer, EndpointError> {
    let json: JSONValue = ["choices": [["message": ["content": .string(text)]]]]
    return .success(HTTPAnswer(status: 200, body: json.bytes))
  }

  private static func refused(_ status: Int, after seconds: Int? = nil) -> Result<HTTPAnswer, EndpointError> {
    .success(
      HTTPAnswer(status: status, body: Array(#"{"error":{"message":"no"}}"#.utf8), retryAfterSeconds: seconds))
  }

  private func ask(_ script: Script, key: String? = nil, waits: Waits = Waits()) throws -> String {
    try ChatEndpoint(
      url: "https://example.org/v1/", model: "m", key: key, transport: script,
      sleep: { duration in waits.all.withLock { $0.append(duration) } }
    ).reply(to: "question \u{1B}", instructions: "be brief", maximumTokens: 7)
  }

  @Test func aRequestHoldsTheQuestionAndTheKeyStandsInAHeaderOnly() throws {
    let script = Script([Self.said("hello")])
    #expect(try ask(script, key: "secret") == "hello")
    let request = try #require(script.requests.withLock { $0.first })
    #expect(request.url == "https://example.org/v1/chat/completions")
    #expect(request.headers.contains("Authorization: Bearer secret"))
    let body = try #require(try JSONValue(parsing: request.body).object)
    #expect(body["model"] == "m" && body["max_tokens"] == 7 && body["temperature"] == 0)
    #expect(body["messages"]?.array?.last?.object?["content"] == "question \u{1B}")
    #expect(!String(decoding: request.body, as: UTF8.self).contains("secret"))
  }

  @Test func whatMayPassIsTriedAgainAfterLongerAndLongerWaits() throws {
    let waits = Waits()
    let script = Script([
      Self.refused(429, after: 3), .failure(.unreachable(url: "u", reason: "no")), Self.refused(503, after: 100_000),
      Self.said("at last"),
    ])
    #expect(try ask(script, waits: waits) == "at last")
    #expect(waits.all.withLock { $0 } == [.seconds(3), .seconds(1), .seconds(20)])
  }

  @Test func afterTheLastAttemptTheErrorIsThatOfTheServer() throws {
    let script = Script(Array(repeating: Self.refused(500), count: 4))
    #expect(throws: EndpointError.refused(url: "https://example.org/v1/chat/completions", status: 500, message: "no")) {
      _ = try ask(script)
    }
    #expect(script.requests.withLock { $0.count } == 4)
  }

  @Test(arguments: [400, 401, 404, 301])
  func otherRefusalsAreFinal(status: Int) {
    let script = Script([Self.refused(status), Self.said("never")])
    #expect(throws: EndpointError.self) { _ = try ask(script) }
    #expect(script.requests.withLock { $0.count } == 1)
  }

  @Test(arguments: [
    ("example.org", "must begin with"), ("ftp://example.org", "must begin with"), ("https://", "no host"),
    ("https://me:secret@example.org", "name or password"), ("http://example.org/v1", "unencrypted"),
    ("https://example.org/v1?a=b", "no query"), ("https://exa mple.org", "cannot have"),
  ])
  func addressesThatCannotBeUsedAreRefusedWithoutTheirSecrets(url: String, part: String) {
    #expect {
      _ = try ChatEndpoint(url: url, model: "m", key: "k", transport: Script([]))
    } throws: { "\($0)".contains(part) && !"\($0)".contains("secret") }
  }

  @Test(arguments: ["http://127.0.0.1:1/v1", "http://localhost/v1/chat/completions", "http://[::1]:8/v1"])
  func aKeyMayGoToThisMachineInTheClear(url: String) throws {
    let endpoint = try ChatEndpoint(url: url, model: "m", key: "k", transport: Script([]))
    #expect(endpoint.url.hasSuffix("/v1/chat/completions"))
  }

  @Test func longRepliesAreCutBetweenCharacters() throws {
    let script = Script([Self.said(String(repeating: "é", count: 20_000))])
    let text = try ask(script)
    #expect(text.utf8.count <= 16 << 10 && text.utf8.count > (16 << 10) - 4 && text.allSatisfy { $0 == "é" })
  }

  // MARK: Over a real connection

  private func reply(_ model: String, _ server: ScriptedEndpoint, key: String? = nil) throws -> String {
    var limits = ChatLimits()
    limits.replySeconds = 2
    limits.attempts = model == "hang" ? 1 : 4
    limits.firstWait = .milliseconds(1)
    return try ChatEndpoint(url: server.url, model: model, key: key, limits: limits, transport: try CurlTransport())
      .reply(to: "What? <<fever>>", instructions: "x", maximumTokens: 9)
  }

  @Test func aRealServerIsAskedAndAskedAgain() throws {
    let server = try ScriptedEndpoint()
    #expect(try reply("good", server) == "\"fever and things like it\"")
    #expect(try reply("busy", server) == "\"fever and things like it\"")
    #expect(try reply("denied", server, key: "test-key") == "\"fever and things like it\"")
    withExtendedLifetime(server) {}
  }

  @Test(arguments: [
    ("huge", "longer than 1048576 bytes"), ("html", "is no JSON"), ("broken", "is no JSON"),
    ("empty", "choices[0].message.content"), ("hang", "within 2 s"), ("denied", "AUTOINTERP_LLM_KEY"),
    ("redirect", "307"),
  ])
  func hostileServersEndInClearErrors(model: String, part: String) throws {
    let server = try ScriptedEndpoint()
    #expect {
      _ = try reply(model, server)
    } throws: { "\($0)".contains(part) }
    withExtendedLifetime(server) {}
  }

  @Test func nobodyListeningIsSaid() throws {
    var limits = ChatLimits()
    limits.attempts = 1
    let endpoint = try ChatEndpoint(
      url: "http://127.0.0.1:1/v1", model: "m", key: nil, limits: limits, transport: try CurlTransport())
    #expect {
      _ = try endpoint.reply(to: "a", instructions: "b", maximumTokens: 1)
    } throws: { "\($0)".contains("no reply from http://127.0.0.1:1/v1/chat/completions") }
  }
}
