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
    let isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    lines = ProgressLines(style: isQuiet ? .silent : isTerminal ? .drawn : .lines)
  }

  func update(_ run: RunStatus, workers: [WorkerStatus], problems: [String] = []) {
    write(lines.update(run, workers: workers, problems: problems))
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
  private var tenthsTold = -1
  private var isLineOpen = false

  init(style: Style) { self.style = style }

  mutating func update(_ run: RunStatus, workers: [WorkerStatus], problems: [String] = []) -> String {
    switch style {
    case .silent:
      return ""
    case .drawn:
      isLineOpen = true
      return Self.erase + Self.bar(run) + " " + Self.facts(run, workers: workers, problems: problems)
    case .lines:
      let tenths = Self.finished(run, of: 10)
      guard tenths > tenthsTold else { return "" }
      tenthsTold = tenths
      return Self.facts(run, workers: workers, problems: problems) + "\n"
    }
  }

  mutating func tell(_ message: String) -> String { style == .silent ? "" : endLine() + message + "\n" }

  mutating func endLine() -> String {
    defer { isLineOpen = false }
    return isLineOpen ? Self.erase : ""
  }

  /// How many of `parts` equal parts of the run are done or given up, rounded down.
  private static func finished(_ run: RunStatus, of parts: Int) -> Int {
    run.promptCount == 0 ? parts : min(parts, (run.done + run.quarantined.count) * parts / run.promptCount)
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
    let present = workers.count { $0.state != .lost }
    facts.append(present == 1 ? "1 worker" : "\(present) workers")
    if !run.quarantined.isEmpty { facts.append("\(run.quarantined.count) failed") }
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
