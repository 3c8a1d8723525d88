// autointerp
// `StandardError` writes messages for people; standard output is reserved for a command's result.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Platform

/// Messages for the person who runs a command.
package enum StandardError {
  /// Moves to the start of the line and clears it.
  static let eraseLine = "\r\u{1B}[K"

  /// Writes `text` unchanged. If standard error cannot be written to, work goes on.
  package static func write(_ text: String) {
    if !text.isEmpty { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
  }

  /// Writes one line.
  package static func say(_ line: String) { write(line + "\n") }

  /// Writes a warning. Work goes on. `text` may contain text from files.
  package static func warn(_ text: String) { write("autointerp: \(text.harmless)\n") }
}
