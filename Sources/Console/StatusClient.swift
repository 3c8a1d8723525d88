// autointerp
// `StatusClient` reads a coordinator's status port over HTTP.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Reads a status port with one GET per connection over plain HTTP. (TLS ends at a proxy or tunnel in front of the
/// port.)
package struct StatusClient: Sendable {
  /// Without a slash at the end, such as `http://127.0.0.1:7646`.
  package let url: String
  private let address: StatusAddress
  private let token: String?
  private let timeout: Duration
  private let maximumAnswerBytes = 256 << 20

  /// - Parameters:
  ///   - url: `http://host[:port][/prefix]`.
  ///   - token: the bearer token, if the port needs one.
  ///   - timeout: the longest time for a whole exchange.
  /// - Throws: ``StatusClientError/badURL(_:problem:)``.
  package init(url: String, token: String?, timeout: Duration = .seconds(10)) throws(StatusClientError) {
    address = try StatusAddress(url: url)
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    self.token = token
    self.timeout = timeout
  }

  /// The current state.
  ///
  /// - Throws: ``StatusClientError``: unreachable, refused, or an answer of another kind.
  package func status() async throws(StatusClientError) -> FleetStatus {
    let bytes = try await json(at: "/status")
    do {
      return try StatusJSON.decode(FleetStatus.self, from: bytes)
    } catch {
      throw .unexpectedAnswer(url: url, problem: "/status is not the state of a coordinator of this version (\(error))")
    }
  }

  /// The leading neurons of a run and its progress over time.
  ///
  /// - Throws: ``StatusClientError``: unreachable, refused, or an unexpected answer.
  package func details(of run: String) async throws(StatusClientError) -> RunDetails {
    struct Neurons: Decodable { var neurons: [NeuronReport] }
    struct History: Decodable { var samples: ProgressSamples }
    let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
    let query = "run=" + (run.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")
    let neurons = try await json(at: "/neurons?limit=10&edges=5&\(query)")
    let history = try await json(at: "/history?\(query)")
    do {
      return RunDetails(
        run: run, neurons: try StatusJSON.decode(Neurons.self, from: neurons).neurons,
        samples: try StatusJSON.decode(History.self, from: history).samples)
    } catch {
      throw .unexpectedAnswer(url: url, problem: "its neurons have another format than in this version (\(error))")
    }
  }

  /// The JSON at a path, unchanged.
  ///
  /// - Throws: ``StatusClientError``: unreachable, refused, or too large an answer.
  package func json(at path: String) async throws(StatusClientError) -> [UInt8] {
    let answer: Answer
    do {
      answer = try await exchange(path: path)
    } catch let error as StatusClientError {
      throw error
    } catch let error as NIOConnectionError {
      let reasons =
        error.connectionErrors.map { "\($0.error)" }
        + [error.dnsAError, error.dnsAAAAError].compactMap { $0.map { "\($0)" } }
      throw .unreachable(url: url, reason: reasons.first ?? "the connection failed")
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

    /// The message of an error from the status port.
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
        throw StatusClientError.unreachable(url: url, reason: "there was no answer within \(timeout)")
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
      .connect(host: address.host, port: address.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
            wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.path + path)
      head.headers.add(name: "Host", value: address.authority)
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
            throw StatusClientError.unexpectedAnswer(url: url, problem: "more than \(maximumAnswerBytes) bytes")
          }
        case .end:
          if let answer { return answer }
        }
      }
      throw StatusClientError.unexpectedAnswer(url: url, problem: "the connection was closed before an answer came")
    }
  }
}
