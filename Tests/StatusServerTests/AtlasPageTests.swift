// autointerp
// `AtlasPageTests` tests where the page that explores runs is served, and how questions and answers pass through HTTP.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import StatusServer

/// Answers by the path, and remembers what was asked.
private final class FakeQuestions: RunQuestions {
  private let paths = Mutex<[String]>([])

  var asked: [String] { paths.withLock { $0 } }

  func answer(_ path: String, _ query: [(name: String, value: String)]) async -> RunAnswer {
    paths.withLock { $0.append(path + "?" + query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")) }
    return switch path {
    case "/absent": .failure(status: 404, "no such <b>neuron</b>")
    case "/busy": .failure(status: 503, "later")
    default: .content([UInt8]("{\"path\":\"asked\"}".utf8))
    }
  }
}

@Suite struct AtlasPageTests {
  private static let token = "0123456789abcdef0123456789abcdef"

  @Test(arguments: [
    ("/", false, "dashboard"), ("/", true, "atlas"), ("/atlas", false, "atlas"), ("/atlas", true, "atlas"),
    ("/dashboard", false, "dashboard"), ("/dashboard", true, "dashboard"),
  ])
  func pagesAreWhereTheServerWasTold(path: String, isHome: Bool, page: String) async throws {
    let answer = try await withStatusServer(atlas: AtlasPage(FakeQuestions(), isHome: isHome)) { port in
      try await RawHTTP.get(path, port: port)
    }
    #expect(answer.status == 200)
    #expect(answer.body.contains("<body class=\"atlas\">") == (page == "atlas"))
    #expect(answer.body.contains("id=\"neurons-card\"") == (page == "dashboard"))
    let policy = try #require(answer.headers["content-security-policy"])
    #expect(
      policy.contains("script-src 'nonce-") && policy.contains("connect-src 'self'") && !policy.contains("unsafe"))
  }

  @Test func aServerWithoutRunsHasNoSuchPage() async throws {
    let answers = try await withStatusServer { port in
      [try await RawHTTP.get("/atlas", port: port), try await RawHTTP.get("/api/v1/x", port: port)]
    }
    #expect(answers.map(\.status) == [404, 404])
  }

  @Test func aQuestionIsPassedOnDecodedAndItsAnswerUnchanged() async throws {
    let questions = FakeQuestions()
    let answer = try await withStatusServer(atlas: AtlasPage(questions)) { port in
      _ = try await RawHTTP.get("/api/v1", port: port)
      _ = try await RawHTTP.get("/api/v1/", port: port)
      _ = try await RawHTTP.get("/api/v1/../../etc/passwd", port: port)
      _ = try await RawHTTP.get("/api/v1/%2e%2e%2fpasswd", port: port)
      return try await RawHTTP.get("/api/v1/find?z=a+b%20c&neuron=L29%2FN560", port: port)
    }
    #expect(answer.status == 200 && answer.body == "{\"path\":\"asked\"}")
    #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
    #expect(answer.headers["cache-control"] == "no-store")
    // Paths are names to be looked up, so that nothing may decode or shorten them on the way.
    #expect(
      questions.asked == [
        "?", "/?", "/../../etc/passwd?", "/%2e%2e%2fpasswd?", "/find?neuron=L29/N560&z=a b c",
      ])
  }

  @Test(arguments: [("/absent", 404, "no such <b>neuron</b>"), ("/busy", 503, "later")])
  func failuresKeepTheirStatusAndText(path: String, status: Int, text: String) async throws {
    let answer = try await withStatusServer(atlas: AtlasPage(FakeQuestions())) { port in
      try await RawHTTP.get("/api/v1\(path)", port: port)
    }
    #expect(answer.status == status)
    #expect(answer.body == "{\"error\":{\"message\":\"\(text)\",\"status\":\(status)}}")
    // A browser must not take the text for a page.
    #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
    #expect(answer.headers["x-content-type-options"] == "nosniff")
  }

  @Test(arguments: ["?a=1&a=2", "?a=%FF", "?%FF=1"])
  func unclearQueriesAreRefusedBeforeAnybodyIsAsked(query: String) async throws {
    let questions = FakeQuestions()
    let answer = try await withStatusServer(atlas: AtlasPage(questions)) { port in
      try await RawHTTP.get("/api/v1/find\(query)", port: port)
    }
    #expect(answer.status == 400)
    #expect(questions.asked.isEmpty)
  }

  @Test func aQuestionLongerThanAHeaderMayBeIsNotRead() async throws {
    let questions = FakeQuestions()
    let answer = try await withStatusServer(atlas: AtlasPage(questions)) { port in
      try? await RawHTTP.get("/api/v1/find?text=\(String(repeating: "a", count: 300_000))", port: port)
    }
    #expect(answer?.status != 200)
    #expect(questions.asked.isEmpty)
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
  func nothingCanBeChanged(method: String) async throws {
    let questions = FakeQuestions()
    let answer = try await withStatusServer(atlas: AtlasPage(questions)) { port in
      try await RawHTTP.get("/api/v1/find", port: port, method: method)
    }
    #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD")
    #expect(questions.asked.isEmpty)
  }

  @Test(arguments: [
    (["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"], 403), (["Sec-Fetch-Site: cross-site"], 403),
    (["Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"], 200),
    (["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"], 200), ([], 200),
  ])
  func pagesOfOtherSitesCannotMakeABrowserAsk(headers: [String], status: Int) async throws {
    let questions = FakeQuestions()
    let answer = try await withStatusServer(atlas: AtlasPage(questions)) { port in
      try await RawHTTP.get("/api/v1/find", port: port, headers: headers)
    }
    #expect(answer.status == status)
    #expect(questions.asked.isEmpty == (status == 403))
  }

  @Test func strangersAskNothingAndSignInWhereTheyAre() async throws {
    let questions = FakeQuestions()
    let (api, page, redirect, later) = try await withStatusServer(
      atlas: AtlasPage(questions), configure: { $0.bearerToken = Self.token }
    ) { port in
      let redirect = try await RawHTTP.get("/atlas?token=\(Self.token)", port: port)
      let cookie = redirect.headers["set-cookie"].map { String($0.prefix { $0 != ";" }) } ?? ""
      return (
        try await RawHTTP.get("/api/v1/find", port: port), try await RawHTTP.get("/atlas", port: port), redirect,
        try await RawHTTP.get("/api/v1/find", port: port, headers: ["Cookie: \(cookie)"])
      )
    }
    #expect(api.status == 401 && page.status == 401 && page.body.contains("Sign in"))
    #expect(redirect.status == 303 && redirect.headers["location"] == "/atlas")
    #expect(later.status == 200)
    #expect(questions.asked == ["/find?"])
  }
}
