// autointerp
// `Markup` is HTML that is put together from pieces; whatever text is put in is escaped by its type.
// SPDX-License-Identifier: Apache-2.0

internal import Platform
internal import ReportFiles

/// Well-formed HTML. A literal is markup; a `String` in it is text and gets escaped, for content and for attributes in double
/// quotes. There is no way to make markup from a `String` that is not a literal, but for the files of `Sources/ReportFiles`.
///
/// Texts come from prompts, tokens, labels and model names, that is from anybody. Control and format characters, which could
/// turn the writing direction or hide something, are replaced.
package struct Markup: ExpressibleByStringInterpolation, Sendable {
  package private(set) var html: String

  package init(stringLiteral value: StaticString) { html = "\(value)" }

  private init(ownFile text: String) { html = text }

  package init(stringInterpolation: StringInterpolation) { html = stringInterpolation.html }

  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var html = ""

    package init(literalCapacity: Int, interpolationCount: Int) { html.reserveCapacity(literalCapacity * 2) }

    package mutating func appendLiteral(_ literal: StaticString) { html += "\(literal)" }
    package mutating func appendInterpolation(_ markup: Markup) { html += markup.html }
    package mutating func appendInterpolation(_ markup: [Markup]) { for part in markup { html += part.html } }
    package mutating func appendInterpolation(_ number: some BinaryInteger) { html += "\(number)" }
    package mutating func appendInterpolation(_ number: Double) { html += "\(number)" }
    package mutating func appendInterpolation(_ text: String) { Markup.append(text, to: &html) }
    package mutating func appendInterpolation(if isThere: Bool, _ markup: @autoclosure () -> Markup) {
      if isThere { html += markup().html }
    }
  }

  private static func append(_ text: String, to html: inout String) {
    for scalar in text.harmless.unicodeScalars {
      switch scalar {
      case "&": html += "&amp;"
      case "<": html += "&lt;"
      case ">": html += "&gt;"
      case "\"": html += "&quot;"
      case "'": html += "&#39;"
      default: html.unicodeScalars.append(scalar)
      }
    }
  }

  /// Untrusted text in an element of its own, whose writing direction touches nothing beside it.
  package static func isolated(_ text: String) -> Markup { "<bdi class=\"text\">\(text)</bdi>" }

  /// A token's text as people read it, with its spaces, and with escape sequences for what cannot be seen.
  package static func token(_ text: String) -> Markup { "<bdi class=\"text token\">\(text.visible)</bdi>" }

  package static func + (a: Markup, b: Markup) -> Markup { "\(a)\(b)" }
}

extension Markup {
  /// The files of `Sources/ReportFiles/web`.
  package static let style = file(reportStyle)
  static let script = file(reportScript)

  /// A web file without its header, which ends at the first empty line.
  private static func file(_ bytes: (UnsafeMutablePointer<UInt>) -> UnsafePointer<UInt8>) -> Markup {
    var count: UInt = 0
    let text = String(decoding: UnsafeBufferPointer(start: bytes(&count), count: Int(count)), as: UTF8.self)
    guard let header = text.firstRange(of: "\n\n") else { preconditionFailure("a file of ReportFiles has no header") }
    return Markup(ownFile: String(text[header.upperBound...]))
  }
}
