// autointerp
// `String.visible` shows a token's text on one line, with escape sequences for what a terminal cannot show.
// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text on one line and safe for a terminal: letters and signs of every script stay, everything else becomes an
  /// escape sequence such as `\n`, `\t` or `\u{1b}`.
  package var visible: String { unicodeScalars.reduce(into: "") { $0 += $1.visible } }
}

extension Unicode.Scalar {
  /// The character, or its escape sequence if it would break the line, move the cursor or not be seen.
  package var visible: String {
    switch self {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case " "..."~": return String(self)
    default: break
    }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return "\\u{\(String(value, radix: 16))}"
    default: return String(self)
    }
  }
}
