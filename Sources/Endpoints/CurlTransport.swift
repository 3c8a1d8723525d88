// autointerp
// `CurlTransport` posts over HTTP and HTTPS through libcurl, which is loaded when it is needed.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// libcurl is no dependency of the program: without it, only language models cannot be asked. It finds the system's certificates, and
/// its proxies in the environment. Redirects are not followed, so that a key goes to no other server.
package struct CurlTransport: HTTPTransport {
  private let curl: CurlLibrary

  /// - Throws: `EndpointError.noClient` if libcurl is not installed.
  package init() throws(EndpointError) { curl = try CurlLibrary() }

  package func post(_ request: HTTPRequest) throws(EndpointError) -> HTTPAnswer {
    guard let handle = curl.begin() else { throw .noClient("libcurl cannot begin a request") }
    defer { curl.cleanup(handle) }
    var headers: OpaquePointer?
    // An empty Expect keeps libcurl from asking whether it may send long bodies.
    for header in request.headers + ["Expect:"] { headers = curl.append(headers, header) }
    defer { curl.free(headers) }
    let received = Received(limit: request.maximumAnswerBytes)
    let context = Unmanaged.passUnretained(received).toOpaque()
    let code = withExtendedLifetime(received) {
      request.body.withUnsafeBufferPointer { body in
        request.url.withCString { url in
          curl.set(handle, .url, url)
          curl.set(handle, .body, UnsafeRawPointer(body.baseAddress))
          curl.set(handle, .headers, headers.map { UnsafeRawPointer($0) })
          curl.set(handle, .write, unsafeBitCast(Received.write, to: UnsafeRawPointer.self))
          curl.set(handle, .writeContext, context)
          curl.set(handle, .header, unsafeBitCast(Received.header, to: UnsafeRawPointer.self))
          curl.set(handle, .headerContext, context)
          for (option, value) in [
            (CurlLibrary.Number.bodyBytes, body.count), (.post, 1), (.noSignals, 1), (.followRedirects, 0),
            (.protocols, CurlLibrary.plainAndTLS), (.milliseconds, request.seconds * 1000),
            (.connectMilliseconds, min(request.seconds, 15) * 1000),
          ] { curl.set(handle, option, value) }
          return curl.perform(handle)
        }
      }
    }
    if received.isTooLong {
      throw .unusable(url: request.url, problem: "the reply is longer than \(request.maximumAnswerBytes) bytes")
    }
    guard code == 0 else {
      let reason = code == CurlLibrary.timedOut ? "there was none within \(request.seconds) s" : curl.message(code)
      throw .unreachable(url: request.url, reason: reason)
    }
    return HTTPAnswer(status: curl.status(handle), body: received.body, retryAfterSeconds: received.retryAfterSeconds)
  }
}

/// What libcurl hands over while `perform` runs, on its thread.
private final class Received {
  private(set) var body: [UInt8] = []
  private(set) var isTooLong = false
  private(set) var retryAfterSeconds: Int?
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  typealias Callback = @convention(c) (UnsafeRawPointer?, Int, Int, UnsafeMutableRawPointer?) -> Int

  /// Returning less than was given ends the exchange.
  static let write: Callback = { bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    let received = Unmanaged<Received>.fromOpaque(context).takeUnretainedValue()
    guard received.body.count + size * count <= received.limit else {
      received.isTooLong = true
      return 0
    }
    received.body += UnsafeRawBufferPointer(start: bytes, count: size * count)
    return size * count
  }

  static let header: Callback = { bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    let received = Unmanaged<Received>.fromOpaque(context).takeUnretainedValue()
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
    if line.lowercased().hasPrefix("retry-after:") {
      received.retryAfterSeconds = Int(line.dropFirst("retry-after:".count).filter { !$0.isWhitespace })
    }
    return size * count
  }
}
