// autointerp
// `String.init(token:)` quotes a token for a terminal; `leading` and `trailing` pad a text to a width.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

extension String {
  /// A token in quotes, on one line and safe for a terminal, cut to `width` columns. Letters and signs of every script
  /// stay; control, format and unassigned characters, quotes and backslashes are escaped: `\n`, `\t`, `\u{1b}`, `\"`.
  package init(token text: String, width: Int = 24) {
    var shown = ""
    var cut = false
    for scalar in text.unicodeScalars {
      let piece = scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : scalar.visible
      if shown.columns + piece.columns > width - 2 {
        cut = true
        break
      }
      shown += piece
    }
    // Leave room for the two dots that mark the cut.
    if cut { while shown.columns > width - 4 { shown.removeLast() } }
    self = "\"\(shown)\(cut ? ".." : "")\""
  }

  /// Pads with spaces at the end; never cuts.
  package func leading(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - columns))
  }
  /// Pads with spaces at the start; never cuts.
  package func trailing(_ width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - columns)) + self
  }
}
