// autointerp
// The progress of a run on a terminal, or in a log.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Foundation

/// Shows progress on standard error: one line that is drawn over on a terminal, else a line for each tenth of the run.
actor ProgressDisplay {
  private var lines: ProgressLines

  /// Picks the style that suits standard error.
  init(isQuiet: Bool) {
    lines = ProgressLines(style: isQuiet ? .silent : Terminal.drawsOnStandardError ? .drawn : .lines)
  }

  func update(_ run: RunStatus, workers: [WorkerStatus], problems: [String] = []) {
    lines.width = Self.width
    write(lines.update(run, workers: workers, problems: problems))
  }

  /// Columns of the terminal that standard error is, nil when it does not tell.
  private static var width: Int? {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// A message of its own, above the progress.
  func tell(_ message: String) { write(lines.tell(message)) }

  /// Leaves the cursor on an empty line.
  func endLine() { write(lines.endLine()) }

  private func write(_ text: String) {
    if !text.isEmpty { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
  }
}

/// The text of a progress display; every method returns what is to be written, empty for nothing.
struct ProgressLines {
  enum Style: Sendable { case drawn, lines, silent }

  private static let erase = "\r\u{1B}[K"

  let style: Style
  /// Columns of the terminal: a longer line would wrap, and could not be drawn over.
  var width: Int?
  private var tenthsTold = -1
  /// What stands on the open line, nil when there is none.
  private var drawn: String?

  init(style: Style) { self.style = style }

  mutating func update(_ run: RunStatus, workers: [WorkerStatus], problems: [String] = []) -> String {
    switch style {
    case .silent:
      return ""
    case .drawn:
      let line = Self.bar(run) + " " + Self.facts(run, workers: workers, problems: problems)
      let fitting = width.map { String(line.prefix($0 - 1)) } ?? line
      guard fitting != drawn else { return "" }
      drawn = fitting
      return Self.erase + fitting
    case .lines:
      let tenths = Self.finished(run, of: 10)
      guard tenths > tenthsTold else { return "" }
      tenthsTold = tenths
      return Self.facts(run, workers: workers, problems: problems) + "\n"
    }
  }

  mutating func tell(_ message: String) -> String { style == .silent ? "" : endLine() + message + "\n" }

  mutating func endLine() -> String {
    defer { drawn = nil }
    return drawn == nil ? "" : Self.erase
  }

  /// How many of `parts` equal parts of the run are done or given up, rounded down.
  private static func finished(_ run: RunStatus, of parts: Int) -> Int {
    run.promptCount == 0 ? parts : min(parts, (run.done + run.quarantinedCount) * parts / run.promptCount)
  }

  /// Such as `[#########...........]`.
  static func bar(_ run: RunStatus, width: Int = 20) -> String {
    let filled = finished(run, of: width)
    return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
  }

  /// Such as `13/24 prompts, 1.2/s, 9 s left, 2 workers`.
  static func facts(_ run: RunStatus, workers: [WorkerStatus], problems: [String]) -> String {
    var facts = ["\(run.done)/\(run.promptCount) prompts"]
    if run.promptsPerSecond > 0 { facts.append(rate(run.promptsPerSecond)) }
    if let seconds = run.secondsLeft, run.done < run.promptCount { facts.append("\(duration(seconds)) left") }
    let present = workers.count { $0.state != .lost && $0.state != .left }
    switch present {
    case 0: if run.done + run.quarantinedCount < run.promptCount { facts.append("waiting for workers") }
    case 1: facts.append("1 worker")
    default: facts.append("\(present) workers")
    }
    if run.quarantinedCount > 0 { facts.append("\(run.quarantinedCount) failed") }
    return (facts + problems).joined(separator: ", ")
  }

  private static func rate(_ perSecond: Double) -> String {
    let (number, unit) = perSecond < 0.1 ? (perSecond * 60, "min") : (perSecond, "s")
    return "\((number * 10).rounded() / 10)/\(unit)"
  }

  /// Such as `42 s`, `3 min 20 s`, `2 h 5 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "ages" }
    let seconds = Int(seconds.rounded(.up))
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
  }
}
