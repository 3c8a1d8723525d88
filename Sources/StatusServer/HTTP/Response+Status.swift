// autointerp
// How answers of the status port are made, with the headers that keep browsers careful.
// SPDX-License-Identifier: Apache-2.0

import Hummingbird

extension Response {
  static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
    content(bytes, type: "application/json; charset=utf-8", status: status)
  }

  static func content(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// A page whose style and script carry `nonce`; nothing else on it may style, run, load or be posted to, and script can
  /// not turn text into markup (Trusted Types).
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

  /// Adds what every answer carries.
  func guarded() -> Response {
    var response = self
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
