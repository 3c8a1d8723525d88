// autointerp
// `StatusScreen` shows workers, quarantine, errors and counters as lines of a terminal.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import Platform

extension StatusScreen {
  private struct Column {
    var title: String
    var isRight = true
    var text: (WorkerStatus) -> String
    var width = 0
  }

  /// As many columns as fit beside names of `nameWidth`, each as wide as its contents.
  private func columns(_ status: FleetStatus, nameWidth: Int) -> [Column] {
    let now = status.now
    var room = width - nameWidth
    return [
      Column(title: "state", isRight: false) { Self.word(for: $0.state) },
      Column(title: "slots") { "\($0.busySlots)/\($0.slots)" },
      Column(title: "per min") { Figures.rate($0.promptsPerMinute) },
      Column(title: "done") { ReadableNumber.grouped($0.done) },
      Column(title: "failed") { ReadableNumber.grouped($0.failed) },
      Column(title: "memory") { $0.residentBytes > 0 ? Figures.bytes($0.residentBytes) : "-" },
      Column(title: "heard") { $0.lastHeardAt > 0 ? Figures.age(milliseconds: now - $0.lastHeardAt) : "never" },
      Column(title: "host", isRight: false) { TerminalText.fitted($0.host, 40) },
    ].prefix { column in
      room -= Self.width(of: column, status) + 2
      return room >= 0
    }.map { column in
      var column = column
      column.width = Self.width(of: column, status)
      return column
    }
  }

  private static func width(of column: Column, _ status: FleetStatus) -> Int {
    status.workers.reduce(column.title.count) { max($0, column.text($1).columns) }
  }

  /// The workers in at most `room` lines. The last line is empty.
  func workers(_ status: FleetStatus, room: Int?) -> [String] {
    guard !status.workers.isEmpty else {
      return ["No worker has said hello yet. Start one with: autointerp worker", ""]
    }
    let counts = WorkerState.allCases.compactMap { state -> String? in
      let count = status.workers.count { $0.state == state }
      return count == 0 ? nil : "\(ReadableNumber.grouped(count)) \(Self.word(for: state))"
    }
    let busy = status.workers.reduce(0) { $0 + $1.busySlots }
    let slots = status.workers.reduce(0) { $0 + $1.slots }
    let summary = TerminalText.fitted(
      "  \(counts.joined(separator: ", ")); \(ReadableNumber.grouped(busy)) of \(ReadableNumber.grouped(slots)) slots busy",
      width - "Workers".count)
    let longest = status.workers.reduce(8) { max($0, $1.name.harmless.columns) }
    let nameWidth = min(longest, width > 120 ? 44 : 28, max(8, width / 3))
    let columns = columns(status, nameWidth: nameWidth)
    let titles =
      [TerminalText.padded("name", nameWidth)]
      + columns.map { TerminalText.padded($0.title, $0.width, right: $0.isRight) }
    var lines = [styled(.bold, "Workers") + summary, styled(.dim, Self.trimmed(titles.joined(separator: "  ")))]

    // Heading, titles, the line for omitted workers, empty line.
    let fitting = room.map { max(0, $0 - 4) } ?? status.workers.count
    var shown = status.workers
    if shown.count > fitting + 1 {
      let troubled = shown.filter { Self.isTroubled($0) }
      shown = Array((troubled + shown.filter { !Self.isTroubled($0) }).prefix(fitting))
    }
    for worker in shown {
      let cells = columns.map { TerminalText.padded($0.text(worker), $0.width, right: $0.isRight) }
      let line = Self.trimmed(([TerminalText.padded(worker.name, nameWidth)] + cells).joined(separator: "  "))
      lines.append(Self.isTroubled(worker) ? styled(.red, line) : worker.state == .working ? line : styled(.dim, line))
    }
    if shown.count < status.workers.count {
      lines.append(styled(.dim, "… \(ReadableNumber.grouped(status.workers.count - shown.count)) more workers"))
    }
    return lines + [""]
  }

  /// Removes blanks at the end.
  private static func trimmed(_ line: String) -> String {
    String(line[..<(line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex)])
  }

  func quarantine(_ status: FleetStatus) -> [String] {
    let runs = status.runs.filter { !$0.quarantined.isEmpty && $0.state != .queued }
    var lines: [String] = []
    for run in runs {
      let count = run.quarantinedCount
      let title = Self.title(of: run, among: status.runs)
      lines.append(
        styled(.yellow, TerminalText.fitted("Quarantined in \(title): \(ReadableNumber.grouped(count))", width)))
      for prompt in run.quarantined.prefix(3) {
        lines.append(TerminalText.fitted("  #\(prompt.prompt)  \(prompt.excerpt)", width))
        for error in prompt.errors.prefix(2) {
          lines += TerminalText.wrapped(error, width - 6, maximum: 2).map { styled(.red, "      \($0)") }
        }
      }
      if count > 3 { lines.append(styled(.dim, "  … \(ReadableNumber.grouped(count - 3)) more")) }
      lines.append("")
    }
    return lines
  }

  /// What keeps runs from going on, each on up to three lines.
  func problems(_ status: FleetStatus) -> [String] {
    guard !status.problems.isEmpty else { return [] }
    let lines = status.problems.prefix(5).flatMap { TerminalText.wrapped($0.harmless, width - 2, maximum: 3) }
    return [styled(.red, "Problems")] + lines.map { "  \(styled(.red, $0))" } + [""]
  }

  /// Runs whose files are not open, and why.
  func closedRuns(_ status: FleetStatus) -> [String] {
    guard !status.closedRuns.isEmpty else { return [] }
    let shown = status.closedRuns.prefix(5).flatMap { run in
      let style: Style = run.kind == .rebuilding ? .dim : .yellow
      let text = "\(run.name)  \(run.kind.rawValue): \(run.reason)".harmless
      return TerminalText.wrapped(text, width, maximum: 3).map { styled(style, $0) }
    }
    let more = status.closedRuns.count - 5
    return shown + (more > 0 ? [styled(.dim, "… \(more) more runs that are not open")] : []) + [""]
  }

  /// The newest come first, each on up to three lines, because the reason is at the end.
  func errors(_ status: FleetStatus) -> [String] {
    guard !status.recentErrors.isEmpty else { return [] }
    let lines = status.recentErrors.suffix(5).reversed().flatMap { error in
      let age = TerminalText.padded(Figures.age(milliseconds: status.now - error.at), 10, right: true)
      let text = TerminalText.wrapped(error.text, width - 12, maximum: 3)
      return text.enumerated().map { ($0.offset == 0 ? age : String(repeating: " ", count: 10)) + "  " + $0.element }
    }
    return [styled(.bold, "Recent errors")] + lines + [""]
  }

  /// What was refused, and what happened to leases and deltas.
  func counters(_ status: FleetStatus) -> [String] {
    let counters = status.counters
    let refused = [
      (counters.framesRefused, "messages"), (counters.workersRefused, "workers"),
      (counters.connectionsRefused, "connections"),
    ]
    let words = refused.map { "\(ReadableNumber.grouped($0.0)) \($0.1)" }.joined(separator: ", ") + " refused"
    let isAny = refused.contains { $0.0 > 0 }
    let facts = [
      "\(ReadableNumber.grouped(counters.leasesGranted)) leases, \(ReadableNumber.grouped(counters.leasesExpired)) expired",
      "deltas: \(ReadableNumber.grouped(counters.deltasDuplicate)) duplicate, "
        + "\(ReadableNumber.grouped(counters.deltasConflicting)) conflicting",
      "\(ReadableNumber.grouped(counters.failuresReported)) failures", words,
    ]
    return flowed(facts).map { $0.hasSuffix(words) && isAny ? styled(.yellow, $0) : styled(.dim, $0) }
  }

  /// Keys whose messages were refused or whose deltas conflict: the first place to look when something is wrong.
  func troubledKeys(_ status: FleetStatus) -> [String] {
    let troubled = status.keys.filter { $0.framesRefused > 0 || $0.deltasConflicting > 0 }
    guard !troubled.isEmpty else { return [] }
    let lines = troubled.prefix(5).map { key in
      let name = key.key.isEmpty ? "other keys" : key.name.isEmpty ? key.key : key.name
      return TerminalText.padded(name.harmless(maximumBytes: 40), 42)
        + "\(ReadableNumber.grouped(key.framesRefused)) messages refused, "
        + "\(ReadableNumber.grouped(key.deltasConflicting)) deltas conflicting"
    }
    let more = troubled.count - lines.count
    return [styled(.bold, "Keys with refused messages")] + lines.map { "  " + styled(.yellow, $0) }
      + (more > 0 ? [styled(.dim, "  … \(more) more")] : []) + [""]
  }

  static func word(for state: WorkerState) -> String { state == .setAside ? "set aside" : state.rawValue }

  static func isTroubled(_ worker: WorkerStatus) -> Bool { worker.state == .lost || worker.state == .setAside }
}
