// autointerp
// `TerminalText` makes untrusted text harmless and fits it into the columns of a terminal.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Foundation
internal import Platform

/// Text for a terminal. Names, prompts and errors come from others, so everything that could move the cursor, change
/// colours or turn the writing direction is replaced.
enum TerminalText {
  /// `text`, made harmless, and cut to `width` columns with an ellipsis if it is longer.
  static func fitted(_ text: String, _ width: Int) -> String {
    let text = text.harmless
    guard text.columns > width else { return text }
    guard width > 0 else { return "" }
    var result = String.UnicodeScalarView()
    var used = 0
    for scalar in text.unicodeScalars {
      if used + scalar.columns > width - 1 { break }
      result.append(scalar)
      used += scalar.columns
    }
    return String(result) + "…"
  }

  /// `text` on at most `maximum` lines of `width` columns. If it is still too long, its middle is cut: errors begin
  /// with their subject and end with the reason.
  static func wrapped(_ text: String, _ width: Int, maximum: Int) -> [String] {
    let text = text.harmless
    guard width > 1, maximum > 1 else { return [fitted(text, width)] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ").map(String.init) {
      var word = word
      if !line.isEmpty, line.columns + 1 + word.columns <= width {
        line += " " + word
        continue
      }
      if !line.isEmpty { lines.append(line) }
      while word.columns > width {
        var head = String(fitted(word, width).dropLast())
        if head.isEmpty { head = String(word.prefix(1)) }
        lines.append(head)
        word = String(word.dropFirst(head.count))
      }
      line = word
    }
    if !line.isEmpty { lines.append(line) }
    guard lines.count > maximum else { return lines }
    // The last line holds as many words from the end as fit.
    var tail = ""
    for word in text.split(separator: " ").reversed() {
      guard tail.columns + 1 + word.columns <= width - 2 else { break }
      tail = tail.isEmpty ? String(word) : "\(word) \(tail)"
    }
    return lines.prefix(maximum - 1) + ["… " + (tail.isEmpty ? fitted(lines.last ?? "", width - 2) : tail)]
  }

  /// `text`, cut or padded to exactly `width` columns.
  static func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
    let text = fitted(text, width)
    let fill = String(repeating: " ", count: max(0, width - text.columns))
    return right ? fill + text : text + fill
  }
}
