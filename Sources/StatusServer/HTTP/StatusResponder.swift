// autointerp
// `StatusResponder` answers every request of the status port: it checks access, finds the route and responds.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging

/// Answers requests. It is read-only: any method but GET and HEAD is refused.
struct StatusResponder: Sendable {
  let configuration: StatusServerConfiguration
  let access: AccessControl
  let feed: StatusFeed
  let atlas: AtlasPage?
  let streams: StreamSlots
  let logger: Logger

  init(configuration: StatusServerConfiguration, feed: StatusFeed, atlas: AtlasPage?, logger: Logger) {
    self.configuration = configuration
    access = AccessControl(configuration: configuration)
    self.feed = feed
    self.atlas = atlas
    streams = StreamSlots(maximum: configuration.maximumEventStreams)
    self.logger = logger
  }

  func respond(to request: Request) async -> Response {
    var response: Response
    do {
      response = try await answer(to: request)
    } catch StatusServerError.badQuery(let problem) {
      response = .failure(.badRequest, problem)
    } catch let error as StatusSourceError {
      response = .failure(Self.status(of: error), "\(error)")
    } catch {
      logger.error("The status port could not answer", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      response = .failure(.internalServerError, "the answer could not be made; see the coordinator's log")
    }
    response = response.guarded()
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(to request: Request) async throws -> Response {
    guard let host = request.head.authority, !host.isEmpty else {
      return .failure(.badRequest, "the request has no Host header")
    }
    // The first Host header has become the authority. Several are refused, because proxies and servers may use
    // different ones.
    guard request.headers[.init("Host")!] == nil else {
      return .failure(.badRequest, "the request has several Host headers")
    }
    guard access.accepts(host: host) else {
      return .failure(.misdirectedRequest, "this is not the server of \"\(host)\"")
    }
    guard request.method == .get || request.method == .head else {
      var response = Response.failure(.methodNotAllowed, "the status port is read-only: use GET or HEAD")
      response.headers[.allow] = "GET, HEAD"
      return response
    }
    let route = Result { try StatusRoute(path: request.uri.path) }
    let known = (try? route.get()).flatMap(\.self).flatMap(meaning)
    // Readers without access must not learn what is wrong with their requests.
    if known?.isOpen != true, let refusal = refusal(of: request, route: known) { return refusal }
    _ = try route.get()
    guard let known else {
      return .failure(.notFound, "there is nothing at \(request.uri.path); try /, /status or /neurons")
    }
    return try await answer(to: request, for: known)
  }

  /// What a route means on this server; nil if it has no such thing.
  private func meaning(of route: StatusRoute) -> StatusRoute? {
    switch route {
    case .home: atlas?.isHome == true ? .atlas : .dashboard
    case .atlas, .api: atlas == nil ? nil : route
    default: route
    }
  }

  private func answer(to request: Request, for route: StatusRoute) async throws -> Response {
    var query = try StatusQuery(request.uri.query)
    switch route {
    case .neurons: return try await neurons(&query)
    case .neuron(let neuron): return try await profile(of: neuron, &query)
    case .history: return try await history(&query)
    case .api(let path):
      guard !isByAnotherSite(request) else {
        return .failure(.forbidden, "a page of another site may not ask: open the address itself")
      }
      return try await answer(path, query.all())
    case .home, .dashboard, .atlas, .alive, .ready: break
    case .status, .events, .metrics, .workers, .session: try query.finish()
    }
    switch route {
    case .dashboard:
      let nonce = Response.nonce()
      return .page(Dashboard.page(nonce: nonce), nonce: nonce)
    case .atlas:
      let nonce = Response.nonce()
      return .page(Dashboard.atlasPage(nonce: nonce), nonce: nonce)
    case .status: return .json(try await feed.snapshot().json)
    case .events: return try await events(head: request.method == .head)
    case .metrics: return try await metrics()
    case .alive: return .content([UInt8]("ok\n".utf8), type: "text/plain; charset=utf-8")
    case .ready: return try await readiness(detailed: isAuthorised(request))
    case .workers: return try await workerHistory()
    case .session: return signedIn(Response(status: .noContent))
    case .home, .api, .neurons, .neuron, .history: preconditionFailure("answered above")
    }
  }

  /// True if a browser says that a page of another site asks behind the reader's back. Such a page learns nothing, but
  /// questions cost time.
  private func isByAnotherSite(_ request: Request) -> Bool {
    request.headers[.init("Sec-Fetch-Site")!] == "cross-site"
      && request.headers[.init("Sec-Fetch-Mode")!] != "navigate"
  }

  /// Asks whoever knows about runs' files.
  private func answer(_ path: String, _ query: [(name: String, value: String)]) async throws -> Response {
    switch await atlas?.questions.answer(path, query) {
    case .content(let bytes): return .json(bytes)
    case .failure(let status, let message): return .failure(.init(code: status), message)
    case nil: preconditionFailure("a server without an atlas has no such route")
    }
  }

  private func isAuthorised(_ request: Request) -> Bool {
    guard access.needsToken else { return true }
    if let authorization = request.headers[.authorization] { return access.accepts(authorization: authorization) }
    return access.accepts(cookies: request.headers[values: .cookie])
  }

  /// Returns nil if the reader has access. A browser that opens a page gets a sign-in page or, if the address contains the
  /// token, its cookie and a redirect to the address without the token.
  private func refusal(of request: Request, route: StatusRoute?) -> Response? {
    let isPage = route?.isPage == true
    // A page's path is one of a few, so that the redirect leads nowhere else.
    let withoutToken = Response(status: .seeOther, headers: [.location: request.uri.path])
    guard !isAuthorised(request) else {
      let isTokenLeft = isPage && access.needsToken && request.uri.queryParameters["token"] != nil
      return isTokenLeft ? signedIn(withoutToken) : nil
    }
    if isPage {
      if let token = request.uri.queryParameters["token"], access.accepts(token: token) {
        return signedIn(withoutToken)
      }
      let nonce = Response.nonce()
      return .page(Dashboard.signInPage(nonce: nonce), nonce: nonce, status: .unauthorized)
    }
    var response = Response.failure(.unauthorized, "a bearer token is required: Authorization: Bearer …")
    response.headers[.wwwAuthenticate] = "Bearer realm=\"autointerp status\""
    return response
  }

  private func signedIn(_ response: Response) -> Response {
    var response = response
    if access.needsToken { response.headers[.setCookie] = access.setCookie }
    return response
  }

  private static func status(of error: StatusSourceError) -> HTTPResponse.Status {
    switch error {
    case .unknownRun, .unknownNeuron: .notFound
    case .unavailable: .serviceUnavailable
    }
  }
}
