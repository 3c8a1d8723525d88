// autointerp
// `String.harmless` removes control characters from untrusted text before it is shown; `quoted` puts it in quotes.
// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text on one line, without control and format characters. Names, reasons and errors come from peers. This
  /// replaces everything that could start a new line in a log, move a cursor, change colours or turn the writing
  /// direction.
  ///
  /// - Complexity: O(bytes)
  package var harmless: String {
    // Most text is printable ASCII and needs no change.
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return self }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control where scalar == "\n" || scalar == "\t" || scalar == "\r": result.append(" ")
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
        result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// Like `harmless`, and cut with an ellipsis to `maximumBytes` of UTF-8.
  package func harmless(maximumBytes: Int) -> String {
    let text = harmless
    guard text.utf8.count > maximumBytes else { return text }
    var (scalars, used) = (String.UnicodeScalarView(), 0)
    for scalar in text.unicodeScalars {
      used += UTF8.width(scalar)
      if used > maximumBytes - 3 { break }
      scalars.append(scalar)
    }
    return String(scalars) + "…"
  }

  /// Untrusted text as a quotation: harmless, cut to `maximumBytes`, in quotes, and with `'` for the quotes in it, so that
  /// nothing in it can look like text of this program.
  ///
  /// Works on Unicode scalars: a quote with a combining mark is one character that no comparison of characters finds.
  package func quoted(maximumBytes: Int) -> String {
    var result = String.UnicodeScalarView("\"".unicodeScalars)
    for scalar in harmless(maximumBytes: maximumBytes).unicodeScalars { result.append(scalar == "\"" ? "'" : scalar) }
    result.append("\"")
    return String(result)
  }
}
