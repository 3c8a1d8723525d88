// autointerp
// `ProgressLines` writes the progress of a run as one line that is redrawn, or as one line per tenth.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

/// The text of a progress display. Every method returns what to write, which may be nothing.
struct ProgressLines {
  enum Style: Sendable { case drawn, lines, silent }

  let style: Style
  /// The terminal's columns. A longer line would wrap and could not be redrawn.
  var width: Int?
  private var tenthsTold = -1
  private var problems: [String] = []
  /// The text of the open line; nil if there is none.
  private var drawn: String?

  init(style: Style) { self.style = style }

  mutating func update(_ run: RunStatus, workers: [WorkerStatus]) -> String {
    switch style {
    case .silent:
      return ""
    case .drawn:
      let line = Self.bar(run) + " " + Self.facts(run, workers: workers, isHeldUp: !problems.isEmpty)
      let fitting = width.map { String(line.prefix($0 - 1)) } ?? line
      guard fitting != drawn else { return "" }
      drawn = fitting
      return StandardError.eraseLine + fitting
    case .lines:
      let tenths = Self.finished(run, of: 10)
      guard tenths > tenthsTold else { return "" }
      tenthsTold = tenths
      return Self.facts(run, workers: workers, isHeldUp: !problems.isEmpty) + "\n"
    }
  }

  /// What is new among the problems that the coordinator has now, a line each, in every style.
  mutating func tell(problems now: [String]) -> String {
    let new = now.filter { problem in !problems.contains { Self.isSame($0, problem) } }
    let over = problems.filter { problem in !now.contains { Self.isSame($0, problem) } }
    problems = now
    guard !new.isEmpty || !over.isEmpty else { return "" }
    return endLine() + new.map { "Problem: \($0)\n" }.joined() + over.map { "No longer: \($0)\n" }.joined()
  }

  /// Counts in a problem's text change while it lasts.
  private static func isSame(_ a: String, _ b: String) -> Bool {
    a.filter { !$0.isNumber } == b.filter { !$0.isNumber }
  }

  mutating func tell(_ message: String) -> String { style == .silent ? "" : endLine() + message + "\n" }

  mutating func endLine() -> String {
    defer { drawn = nil }
    return drawn == nil ? "" : StandardError.eraseLine
  }

  /// How many of `parts` equal parts of the run are done or quarantined, rounded down.
  private static func finished(_ run: RunStatus, of parts: Int) -> Int {
    run.promptCount == 0 ? parts : min(parts, (run.done + run.quarantinedCount) * parts / run.promptCount)
  }

  /// For example `[#########...........]`.
  static func bar(_ run: RunStatus, width: Int = 20) -> String {
    let filled = finished(run, of: width)
    return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
  }

  /// For example `13/24 prompts, 1.2/s, 9 s left, 2 workers`.
  static func facts(_ run: RunStatus, workers: [WorkerStatus], isHeldUp: Bool = false) -> String {
    var facts = ["\(run.done)/\(run.promptCount) prompts"]
    if run.promptsPerSecond > 0 { facts.append(rate(run.promptsPerSecond)) }
    if let seconds = run.secondsLeft, run.done < run.promptCount {
      facts.append("\(Figures.span(seconds: seconds.rounded(.up))) left")
    }
    if let checks = run.spotChecks, run.done + run.quarantinedCount == run.promptCount, checks.due + checks.underWay > 0
    {
      facts.append("\(checks.due + checks.underWay) spot checks left")
    }
    let present = workers.count { $0.state != .lost && $0.state != .left }
    switch present {
    case 0: if run.done + run.quarantinedCount < run.promptCount { facts.append("waiting for workers") }
    case 1: facts.append("1 worker")
    default: facts.append("\(present) workers")
    }
    if run.quarantinedCount > 0 { facts.append("\(run.quarantinedCount) failed") }
    return (isHeldUp ? ["held up"] + facts : facts).joined(separator: ", ")
  }

  private static func rate(_ perSecond: Double) -> String {
    let (number, unit) = perSecond < 0.1 ? (perSecond * 60, "min") : (perSecond, "s")
    return "\((number * 10).rounded() / 10)/\(unit)"
  }
}
