// autointerp
// `Terminal` knows whether there is a terminal and its size, and redraws lines on it.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Standard output, which may be a terminal.
package struct Terminal {
  /// True if it is a terminal that can show a changing screen.
  package let isInteractive: Bool
  private let isColored: Bool
  private var drawnLines = 0
  private var drawnWidth = 0

  /// True if progress on standard error may be redrawn.
  package static var drawsOnStandardError: Bool { draws(on: STDERR_FILENO) }

  /// The columns of the terminal on standard error; nil if unknown.
  static var widthOfStandardError: Int? { size(of: STDERR_FILENO)?.columns }

  private static func draws(on descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Nil if there is no terminal or its size is unknown.
  private static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  package init() {
    isInteractive = Self.draws(on: STDOUT_FILENO)
    isColored = isInteractive && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
  }

  /// A screen of the terminal's size. If `isWhole`, it may scroll; otherwise it must fit.
  package func screen(isWhole: Bool) -> StatusScreen {
    let size = size
    return StatusScreen(
      width: size?.columns ?? 100, height: isWhole ? nil : size.map { $0.rows - 1 }, isColored: isColored)
  }

  private var size: (columns: Int, rows: Int)? { isInteractive ? Self.size(of: STDOUT_FILENO) : nil }

  package func write(_ text: String) {
    FileHandle.standardOutput.write(Data(text.utf8))
  }

  /// Replaces what was drawn before. The cursor stays below, so that an interrupt leaves the terminal in order.
  package mutating func redraw(_ lines: [String]) {
    let erase = "\u{1B}[K"
    let width = size?.columns ?? 0
    // After a change of width the terminal has wrapped the lines again in an unknown way, so start on an empty screen.
    let isResized = drawnLines > 0 && width != drawnWidth
    let up = isResized ? "\u{1B}[2J\u{1B}[H" : drawnLines > 0 ? "\u{1B}[\(drawnLines)A\r" : ""
    write(up + lines.map { $0 + erase + "\n" }.joined() + "\u{1B}[J")
    (drawnLines, drawnWidth) = (lines.count, width)
  }
}
