// autointerp
// `XMLText` escapes text for XML documents and leaves out what XML cannot hold.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

enum XMLText {
  /// Appends text for the content of an element or of an attribute in double quotes. Characters that XML does not allow, and
  /// those that turn or hide text, become escape sequences such as `\u{202e}`.
  static func append(_ text: String, to bytes: inout [UInt8]) {
    for scalar in text.visible.unicodeScalars {
      switch scalar {
      case "&": bytes += "&amp;".utf8
      case "<": bytes += "&lt;".utf8
      case ">": bytes += "&gt;".utf8
      case "\"": bytes += "&quot;".utf8
      default: bytes += String(scalar).utf8
      }
    }
  }
}
