// autointerp
// Text of others, before it gets into a log or a terminal.
// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text on one line, without control and format characters. Names, reasons and errors come from peers: what could
  /// begin a line of its own in a log, move a cursor, change colours or turn the direction of writing is replaced.
  ///
  /// - Complexity: O(bytes)
  package var harmless: String {
    // Almost all text is: printable ASCII needs no second look.
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

  /// As `harmless`, cut to `maximumBytes` of UTF-8 with an ellipsis beyond.
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
}
