// autointerp
// `Quoted` shows text that others wrote, such as labels and tokens, so that it is seen to be data.
// SPDX-License-Identifier: Apache-2.0

internal import JSON
internal import Platform

/// Text that others wrote: labels, prompts, tokens and names. It is data, whatever it says.
enum Quoted {
  /// In quotes, without control characters, for lines of text.
  static func text(_ text: String, maximumBytes: Int = 160) -> String { text.quoted(maximumBytes: maximumBytes) }

  /// A token, in which line feeds and tabs are written as escapes because they matter.
  static func token(_ text: String) -> String { Self.text(visible(text), maximumBytes: 40) }

  /// A token as a value.
  static func tokenValue(_ text: String) -> JSONValue { value(visible(text), maximumBytes: 80) }

  /// Line feeds, returns and tabs as `\n`, `\r` and `\t`.
  static func visible(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 }) else { return text }
    return text.unicodeScalars.map { scalar in
      switch scalar {
      case "\n": "\\n"
      case "\r": "\\r"
      case "\t": "\\t"
      default: String(scalar)
      }
    }.joined()
  }

  /// As a value: control characters removed.
  static func value(_ text: String, maximumBytes: Int = 600) -> JSONValue {
    .string(text.harmless(maximumBytes: maximumBytes))
  }
}
