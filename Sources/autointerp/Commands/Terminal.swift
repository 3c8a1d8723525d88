// autointerp
// Standard output as a terminal: its size, and drawing in place.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import StatusServer

/// Standard output, which may be a terminal.
struct Terminal {
  /// True when somebody looks at it who can be shown a changing screen.
  let isInteractive: Bool
  private let isColored: Bool
  private var drawnLines = 0
  private var drawnWidth = 0

  /// True when progress on standard error may be drawn over.
  static var drawsOnStandardError: Bool { draws(on: STDERR_FILENO) }

  private static func draws(on descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  init() {
    isInteractive = Self.draws(on: STDOUT_FILENO)
    isColored = isInteractive && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
  }

  /// A screen of the terminal's size: one that may scroll when `isWhole`, else one that has to fit.
  func screen(isWhole: Bool) -> StatusScreen {
    let size = size
    return StatusScreen(
      width: size?.columns ?? 100, height: isWhole ? nil : size.map { $0.rows - 1 }, isColored: isColored)
  }

  /// Nil when there is no terminal, or one that does not tell.
  private var size: (columns: Int, rows: Int)? {
    var size = winsize()
    guard isInteractive, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return nil
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  func write(_ text: String) {
    FileHandle.standardOutput.write(Data(text.utf8))
  }

  /// Replaces what was drawn before. The cursor stays below, so that an interrupt leaves the terminal as it should be.
  mutating func redraw(_ lines: [String]) {
    let erase = "\u{1B}[K"
    let width = size?.columns ?? 0
    // After a change of width the lines above are wrapped anew, nobody knows how: begin on an empty screen.
    let isResized = drawnLines > 0 && width != drawnWidth
    let up = isResized ? "\u{1B}[2J\u{1B}[H" : drawnLines > 0 ? "\u{1B}[\(drawnLines)A\r" : ""
    write(up + lines.map { $0 + erase + "\n" }.joined() + "\u{1B}[J")
    (drawnLines, drawnWidth) = (lines.count, width)
  }
}
