// autointerp
// `Response.json`, `content`, `page` and `failure` make the status port's answers and restrict what a browser may do.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

extension Response {
  static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
    content(bytes, type: "application/json; charset=utf-8", status: status)
  }

  static func content(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// Makes a page whose style and script carry `nonce`. Nothing else may style it, run on it, be loaded by it or
  /// receive its forms, and scripts cannot turn text into markup (Trusted Types).
  static func page(_ html: String, nonce: String, status: HTTPResponse.Status = .ok) -> Response {
    var response = content([UInt8](html.utf8), type: "text/html; charset=utf-8", status: status)
    response.headers[.contentSecurityPolicy] = """
      default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; connect-src 'self'; img-src data:; \
      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
      trusted-types 'none'
      """
    return response
  }

  static func failure(_ status: HTTPResponse.Status, _ message: String) -> Response {
    struct Failure: Encodable {
      struct Reason: Encodable {
        var status: Int
        var message: String
      }
      var error: Reason
    }
    let failure = Failure(error: .init(status: status.code, message: message))
    guard let bytes = try? StatusJSON.encode(failure) else { return Response(status: status) }
    return json(bytes, status: status)
  }

  /// Adds the headers of every answer.
  func guarded() -> Response {
    var response = self
    response.headers[.date] = HTTPDate.now
    response.headers[.cacheControl] = "no-store"
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.init("Referrer-Policy")!] = "no-referrer"
    response.headers[.init("X-Frame-Options")!] = "DENY"
    response.headers[.init("Cross-Origin-Resource-Policy")!] = "same-origin"
    response.headers[.init("Cross-Origin-Opener-Policy")!] = "same-origin"
    if response.headers[.contentSecurityPolicy] == nil {
      response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
    }
    return response
  }

  /// 128 bits from the system's generator, for one page.
  static func nonce() -> String {
    var generator = SystemRandomNumberGenerator()
    return String(generator.next() as UInt64, radix: 36) + String(generator.next() as UInt64, radix: 36)
  }
}
