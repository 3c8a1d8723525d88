// autointerp
// Workers, quarantine and errors as lines of a terminal.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol

extension StatusScreen {
  private struct Column {
    var title: String
    var isRight = true
    var text: (WorkerStatus) -> String
    var width = 0
  }

  /// As many columns as there is room for beside names of `nameWidth`, each as wide as what is in it.
  private func columns(_ status: FleetStatus, nameWidth: Int) -> [Column] {
    let now = status.now
    var room = width - nameWidth
    return [
      Column(title: "state", isRight: false) { Self.word(for: $0.state) },
      Column(title: "slots") { "\($0.busySlots)/\($0.slots)" },
      Column(title: "per min") { StatusFormat.rate($0.promptsPerMinute) },
      Column(title: "done") { StatusFormat.count($0.done) },
      Column(title: "failed") { StatusFormat.count($0.failed) },
      Column(title: "memory") { $0.residentBytes > 0 ? StatusFormat.bytes($0.residentBytes) : "-" },
      Column(title: "heard") { $0.lastHeardAt > 0 ? StatusFormat.age(milliseconds: now - $0.lastHeardAt) : "never" },
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
    status.workers.reduce(column.title.count) { max($0, TerminalText.columns(column.text($1))) }
  }

  /// The workers in at most `room` lines, the last of them empty.
  func workers(_ status: FleetStatus, room: Int?) -> [String] {
    guard !status.workers.isEmpty else {
      return ["No worker has said hello yet. Start one with: autointerp worker", ""]
    }
    let counts = WorkerState.allCases.compactMap { state -> String? in
      let count = status.workers.count { $0.state == state }
      return count == 0 ? nil : "\(StatusFormat.count(count)) \(Self.word(for: state))"
    }
    let busy = status.workers.reduce(0) { $0 + $1.busySlots }
    let slots = status.workers.reduce(0) { $0 + $1.slots }
    let summary = TerminalText.fitted(
      "  \(counts.joined(separator: ", ")); \(StatusFormat.count(busy)) of \(StatusFormat.count(slots)) slots busy",
      width - "Workers".count)
    let longest = status.workers.reduce(8) { max($0, TerminalText.columns(TerminalText.harmless($1.name))) }
    let nameWidth = min(longest, width > 120 ? 44 : 28, max(8, width / 3))
    let columns = columns(status, nameWidth: nameWidth)
    let titles =
      [TerminalText.padded("name", nameWidth)]
      + columns.map { TerminalText.padded($0.title, $0.width, right: $0.isRight) }
    var lines = [styled(.bold, "Workers") + summary, styled(.dim, Self.trimmed(titles.joined(separator: "  ")))]

    // Heading, titles, what was left out, empty line.
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
      lines.append(styled(.dim, "… \(StatusFormat.count(status.workers.count - shown.count)) more workers"))
    }
    return lines + [""]
  }

  /// Without blanks at the end.
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
        styled(.yellow, TerminalText.fitted("Quarantined in \(title): \(StatusFormat.count(count))", width)))
      for prompt in run.quarantined.prefix(3) {
        lines.append(TerminalText.fitted("  #\(prompt.prompt)  \(prompt.excerpt)", width))
        for error in prompt.errors.prefix(2) {
          lines += TerminalText.wrapped(error, width - 6, maximum: 2).map { styled(.red, "      \($0)") }
        }
      }
      if count > 3 { lines.append(styled(.dim, "  … \(StatusFormat.count(count - 3)) more")) }
      lines.append("")
    }
    return lines
  }

  /// The newest first, each on up to three lines: the reason stands at the end.
  func errors(_ status: FleetStatus) -> [String] {
    guard !status.recentErrors.isEmpty else { return [] }
    let lines = status.recentErrors.suffix(5).reversed().flatMap { error in
      let age = TerminalText.padded(StatusFormat.age(milliseconds: status.now - error.at), 10, right: true)
      let text = TerminalText.wrapped(error.text, width - 12, maximum: 3)
      return text.enumerated().map { ($0.offset == 0 ? age : String(repeating: " ", count: 10)) + "  " + $0.element }
    }
    return [styled(.bold, "Recent errors")] + lines + [""]
  }

  /// What was turned away, and how leases and deltas fared.
  func counters(_ status: FleetStatus) -> [String] {
    let counters = status.counters
    let refused = [
      (counters.framesRefused, "messages"), (counters.workersRefused, "workers"),
      (counters.connectionsRefused, "connections"),
    ]
    let words = refused.map { "\(StatusFormat.count($0.0)) \($0.1)" }.joined(separator: ", ") + " refused"
    let isAny = refused.contains { $0.0 > 0 }
    let facts = [
      "\(StatusFormat.count(counters.leasesGranted)) leases, \(StatusFormat.count(counters.leasesExpired)) expired",
      "deltas: \(StatusFormat.count(counters.deltasDuplicate)) duplicate, "
        + "\(StatusFormat.count(counters.deltasConflicting)) conflicting",
      "\(StatusFormat.count(counters.failuresReported)) failures", words,
    ]
    return flowed(facts).map { $0.hasSuffix(words) && isAny ? styled(.yellow, $0) : styled(.dim, $0) }
  }

  static func word(for state: WorkerState) -> String { state == .setAside ? "set aside" : state.rawValue }

  static func isTroubled(_ worker: WorkerStatus) -> Bool { worker.state == .lost || worker.state == .setAside }
}
