// autointerp
// `ChatEndpoint` asks a language model over an OpenAI-compatible interface and returns its text, bounded and with retries.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import JSON
internal import Platform

/// How long and how large exchanges may be.
package struct ChatLimits: Hashable, Sendable {
  package var replySeconds = 60
  /// Of the whole answer. Replies are some hundred bytes.
  package var maximumAnswerBytes = 1 << 20
  /// Of the text in it; the rest is cut off.
  package var maximumTextBytes = 16 << 10
  package var attempts = 4
  /// Before the second attempt; it doubles with each further one.
  package var firstWait = Duration.milliseconds(500)
  /// The longest wait, whatever the server asks for.
  package var longestWait = Duration.seconds(20)

  package init() {}
}

/// One model at one address. Calls block, and several may be made at once.
///
/// Replies are untrusted: they are text for the caller to parse strictly, never something to be followed.
package struct ChatEndpoint: Sendable {
  /// The model's name, as it stands in labels and registers.
  package let model: String
  /// Where requests go, without a key.
  package let url: String
  private let key: String?
  private let limits: ChatLimits
  private let transport: any HTTPTransport
  private let sleep: @Sendable (Duration) -> Void

  /// - Parameters:
  ///   - url: `http[s]://host[:port]/v1`, with or without `/chat/completions`.
  ///   - model: the model's name there.
  ///   - key: sent as a bearer token, and never to a plain `http` address of another machine.
  ///   - limits: of time, size and attempts.
  ///   - transport: what posts.
  ///   - sleep: waits between attempts.
  /// - Throws: `EndpointError.badURL`.
  package init(
    url: String, model: String, key: String?, limits: ChatLimits = ChatLimits(), transport: any HTTPTransport,
    sleep: @escaping @Sendable (Duration) -> Void = ChatEndpoint.wait
  ) throws(EndpointError) {
    if let key, !key.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }) {
      throw .badURL(url, problem: "the key in the environment has a space or a character that is not ASCII")
    }
    self.url = try EndpointAddress(url, hasKey: key != nil).url
    self.model = model
    self.key = key
    self.limits = limits
    self.transport = transport
    self.sleep = sleep
  }

  /// Blocks this thread.
  package static func wait(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    Thread.sleep(forTimeInterval: Double(seconds) + Double(attoseconds) * 1e-18)
  }

  /// What the model says to `question` after it was told `instructions`, in at most `maximumTokens`.
  ///
  /// - Throws: `EndpointError`. What may pass (no connection, 429, 5xx) is tried again first.
  package func reply(
    to question: String, instructions: String, maximumTokens: Int
  ) throws(EndpointError) -> String {
    var headers = ["Content-Type: application/json", "Accept: application/json"]
    if let key { headers.append("Authorization: Bearer \(key)") }
    let body: JSONValue = [
      "model": .string(model), "temperature": 0, "max_tokens": .integer(maximumTokens), "stream": false,
      "messages": [
        ["role": "system", "content": .string(instructions)], ["role": "user", "content": .string(question)],
      ],
    ]
    let request = HTTPRequest(
      url: url, headers: headers, body: body.bytes, seconds: limits.replySeconds,
      maximumAnswerBytes: limits.maximumAnswerBytes)
    var wait = limits.firstWait
    for attempt in 1... {
      let failure: EndpointError
      var asked: Int?
      do throws(EndpointError) {
        let answer = try transport.post(request)
        asked = answer.retryAfterSeconds
        return try text(of: answer)
      } catch {
        failure = error
      }
      guard failure.isPassing, attempt < limits.attempts else { throw failure }
      sleep(min(limits.longestWait, max(wait, .seconds(max(0, asked ?? 0)))))
      wait *= 2
    }
    preconditionFailure("the last attempt returns or throws")
  }

  private func text(of answer: HTTPAnswer) throws(EndpointError) -> String {
    let json = try? JSONValue(parsing: answer.body)
    guard (200..<300).contains(answer.status) else {
      let message = json?.object?["error"]?.object?["message"]?.string ?? json?.object?["error"]?.string
      throw .refused(url: url, status: answer.status, message: message ?? "no reason given")
    }
    guard let json else { throw .unusable(url: url, problem: "the reply is no JSON") }
    guard let choice = json.object?["choices"]?.array?.first?.object,
      let text = choice["message"]?.object?["content"]?.string
    else { throw .unusable(url: url, problem: "the reply has no choices[0].message.content") }
    return Self.cut(text, to: limits.maximumTextBytes)
  }

  private static func cut(_ text: String, to bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    var (kept, used) = (String.UnicodeScalarView(), 0)
    for scalar in text.unicodeScalars {
      used += UTF8.width(scalar)
      if used > bytes { break }
      kept.append(scalar)
    }
    return String(kept)
  }
}
