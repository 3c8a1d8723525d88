// autointerp
// `HTTPTransport` posts a request and returns the bounded answer; `CurlTransport` does so for real, tests pretend.
// SPDX-License-Identifier: Apache-2.0

/// A POST of JSON.
package struct HTTPRequest: Equatable, Sendable {
  package var url: String
  /// Lines such as `Content-Type: application/json`; one may hold a key, so that they are never shown.
  package var headers: [String]
  package var body: [UInt8]
  package var seconds: Int
  /// A longer answer ends the exchange.
  package var maximumAnswerBytes: Int
}

package struct HTTPAnswer: Equatable, Sendable {
  package var status: Int
  package var body: [UInt8]
  /// What the server asks to wait before the next attempt, in seconds.
  package var retryAfterSeconds: Int?

  package init(status: Int, body: [UInt8], retryAfterSeconds: Int? = nil) {
    self.status = status
    self.body = body
    self.retryAfterSeconds = retryAfterSeconds
  }
}

package protocol HTTPTransport: Sendable {
  /// Blocks until the answer is there.
  ///
  /// - Throws: `EndpointError.unreachable`, or `.unusable` for too long an answer.
  func post(_ request: HTTPRequest) throws(EndpointError) -> HTTPAnswer
}
