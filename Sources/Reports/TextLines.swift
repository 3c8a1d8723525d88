// autointerp
// `TextLines` breaks sentences into lines for a terminal.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

enum TextLines {
  static let width = 100

  /// Lines of at most 100 columns; further lines are indented by two more than the first.
  static func wrapped(_ text: String) -> [String] {
    let indent = String(text.prefix { $0 == " " })
    var lines: [String] = []
    var line = indent
    var isStart = true
    for word in text.split(separator: " ") {
      if !isStart, line.columns + word.columns + 1 > width {
        lines.append(line)
        line = indent + "  " + word
      } else {
        line += (isStart ? "" : " ") + word
      }
      isStart = false
    }
    return lines + [line]
  }
}
