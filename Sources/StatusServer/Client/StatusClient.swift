// autointerp
// Reads the status port over HTTP, without more of an HTTP client than that takes.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Reads a status port: one GET per connection, plain HTTP. (TLS ends at a proxy or tunnel in front of the port.)
package struct StatusClient: Sendable {
  /// Without a slash at its end, such as `http://127.0.0.1:7646`.
  package let url: String
  private let host: String
  private let port: Int
  private let path: String
  private let token: String?
  private let timeout: Duration
  private let maximumAnswerBytes = 256 << 20

  /// - Parameters:
  ///   - url: `http://host[:port][/prefix]`.
  ///   - token: bearer token, where the port wants one.
  ///   - timeout: upper bound on a whole exchange.
  /// - Throws: ``StatusServerError/badURL(_:problem:)``.
  package init(url: String, token: String?, timeout: Duration = .seconds(10)) throws(StatusServerError) {
    guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else {
      throw .badURL(url, problem: "not a URL; expected something like http://127.0.0.1:7646")
    }
    guard parts.scheme == "http" else {
      throw .badURL(url, problem: "only http is spoken here; reach a remote port through an SSH tunnel")
    }
    guard (parts.query ?? "").isEmpty, parts.user == nil else {
      throw .badURL(url, problem: "expected neither user nor query in it")
    }
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    self.host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    port = parts.port ?? 80
    path =
      parts.percentEncodedPath.hasSuffix("/") ? String(parts.percentEncodedPath.dropLast()) : parts.percentEncodedPath
    self.token = token
    self.timeout = timeout
  }

  /// The state now.
  ///
  /// - Throws: ``StatusServerError``: unreachable, refused, or an answer of another kind.
  package func status() async throws(StatusServerError) -> FleetStatus {
    let bytes = try await json(at: "/status")
    do {
      return try StatusJSON.decode(FleetStatus.self, from: bytes)
    } catch {
      throw .unexpectedAnswer(url: url, problem: "/status is not the state of a coordinator of this version (\(error))")
    }
  }

  /// The leading neurons of a run and its progress over time.
  ///
  /// - Throws: ``StatusServerError``: unreachable, refused, or an answer of another kind.
  package func details(of run: String) async throws(StatusServerError) -> RunDetails {
    struct Neurons: Decodable { var neurons: [NeuronReport] }
    struct History: Decodable { var samples: ProgressHistory.Samples }
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
    let query = "run=" + (run.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")
    let neurons = try await json(at: "/neurons?limit=10&edges=5&\(query)")
    let history = try await json(at: "/history?\(query)")
    do {
      return RunDetails(
        run: run, neurons: try StatusJSON.decode(Neurons.self, from: neurons).neurons,
        samples: try StatusJSON.decode(History.self, from: history).samples)
    } catch {
      throw .unexpectedAnswer(url: url, problem: "its neurons are not those of this version (\(error))")
    }
  }

  /// The JSON at a path, as it came.
  ///
  /// - Throws: ``StatusServerError``: unreachable, refused, or too much of an answer.
  package func json(at path: String) async throws(StatusServerError) -> [UInt8] {
    let answer: Answer
    do {
      answer = try await exchange(path: path)
    } catch let error as StatusServerError {
      throw error
    } catch let error as NIOConnectionError {
      let reasons =
        error.connectionErrors.map { "\($0.error)" }
        + [error.dnsAError, error.dnsAAAAError].compactMap { $0.map { "\($0)" } }
      throw .unreachable(url: url, reason: reasons.first ?? "it cannot be connected to")
    } catch is HTTPParserError {
      throw .unexpectedAnswer(url: url, problem: "the answer is not HTTP")
    } catch {
      throw .unreachable(url: url, reason: "\(error)")
    }
    guard answer.status == 200 else {
      throw .refused(url: url, status: answer.status, message: answer.failure ?? "no reason given")
    }
    return answer.body
  }

  private struct Answer: Sendable {
    var status: Int
    var body: [UInt8]

    /// The message of an error of the status port.
    var failure: String? {
      struct Failure: Decodable {
        struct Reason: Decodable { var message: String }
        var error: Reason
      }
      return (try? StatusJSON.decode(Failure.self, from: body))?.error.message
    }
  }

  private func exchange(path: String) async throws -> Answer {
    try await withThrowingTaskGroup(of: Answer.self) { group in
      group.addTask { try await get(path: path) }
      group.addTask {
        try await Task.sleep(for: timeout)
        throw StatusServerError.unreachable(url: url, reason: "nothing came within \(timeout)")
      }
      defer { group.cancelAll() }
      guard let answer = try await group.next() else { preconditionFailure("two tasks were added") }
      return answer
    }
  }

  private func get(path: String) async throws -> Answer {
    let (seconds, attoseconds) = timeout.components
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
      .connect(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
            wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: self.path + path)
      head.headers.add(name: "Host", value: "\(host.contains(":") ? "[\(host)]" : host):\(port)")
      head.headers.add(name: "Accept", value: "application/json")
      head.headers.add(name: "Connection", value: "close")
      if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
      try await outbound.write(contentsOf: [.head(head), .end(nil)])
      var answer: Answer?
      for try await part in inbound {
        switch part {
        case .head(let head) where head.status.code >= 200: answer = Answer(status: Int(head.status.code), body: [])
        case .head: break
        case .body(let bytes):
          answer?.body.append(contentsOf: bytes.readableBytesView)
          guard answer?.body.count ?? 0 <= maximumAnswerBytes else {
            throw StatusServerError.unexpectedAnswer(url: url, problem: "more than \(maximumAnswerBytes) bytes")
          }
        case .end:
          if let answer { return answer }
        }
      }
      throw StatusServerError.unexpectedAnswer(url: url, problem: "the connection was closed before an answer came")
    }
  }
}
