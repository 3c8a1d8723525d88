// autointerp
// Workers, quarantine and errors as lines of a terminal.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol

extension StatusScreen {
  private struct Column {
    var title: String
    var width: Int
    var isRight = true
    var text: (WorkerStatus) -> String
  }

  private func columns(_ status: FleetStatus) -> [Column] {
    let now = status.now
    var columns = [
      Column(title: "state", width: 9, isRight: false) { Self.word(for: $0.state) },
      Column(title: "slots", width: 7) { "\($0.busySlots)/\($0.slots)" },
      Column(title: "per min", width: 7) { StatusFormat.rate($0.promptsPerMinute) },
    ]
    if width >= 48 { columns.append(Column(title: "done", width: 7) { StatusFormat.count($0.done) }) }
    if width >= 56 { columns.append(Column(title: "failed", width: 6) { StatusFormat.count($0.failed) }) }
    if width >= 70 {
      columns.append(
        Column(title: "memory", width: 7) { $0.residentBytes > 0 ? StatusFormat.bytes($0.residentBytes) : "-" })
    }
    if width >= 80 {
      columns.append(Column(title: "heard", width: 10) { Self.age(since: $0.lastHeardAt, now: now) })
    }
    if width >= 110 {
      columns.append(Column(title: "host", width: 26, isRight: false) { $0.host })
    }
    return columns
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
    let columns = columns(status)
    let nameWidth = max(8, min(28, width - columns.reduce(0) { $0 + $1.width + 2 }))
    let titles =
      [TerminalText.padded("name", nameWidth)]
      + columns.map { TerminalText.padded($0.title, $0.width, right: $0.isRight) }
    var lines = [styled(.bold, "Workers") + summary, styled(.dim, titles.joined(separator: "  "))]

    // Heading, titles, what was left out, empty line.
    let fitting = room.map { max(0, $0 - 4) } ?? status.workers.count
    var shown = status.workers
    if shown.count > fitting + 1 {
      let troubled = shown.filter { Self.isTroubled($0) }
      shown = Array((troubled + shown.filter { !Self.isTroubled($0) }).prefix(fitting))
    }
    for worker in shown {
      let cells = columns.map { TerminalText.padded($0.text(worker), $0.width, right: $0.isRight) }
      let line = ([TerminalText.padded(worker.name, nameWidth)] + cells).joined(separator: "  ")
      lines.append(Self.isTroubled(worker) ? styled(.red, line) : worker.state == .working ? line : styled(.dim, line))
    }
    if shown.count < status.workers.count {
      lines.append(styled(.dim, "… \(StatusFormat.count(status.workers.count - shown.count)) more workers"))
    }
    return lines + [""]
  }

  func quarantine(_ status: FleetStatus) -> [String] {
    let runs = status.runs.filter { !$0.quarantined.isEmpty && $0.state != .queued }
    var lines: [String] = []
    for run in runs {
      let count = run.quarantined.count
      lines.append(
        styled(.yellow, TerminalText.fitted("Quarantined in \(run.corpusName): \(StatusFormat.count(count))", width)))
      for prompt in run.quarantined.prefix(3) {
        lines.append(TerminalText.fitted("  #\(prompt.prompt)  \(prompt.excerpt)", width))
        for error in prompt.errors.prefix(2) {
          lines.append(styled(.red, TerminalText.fitted("      \(error)", width)))
        }
      }
      if count > 3 { lines.append(styled(.dim, "  … \(StatusFormat.count(count - 3)) more")) }
      lines.append("")
    }
    return lines
  }

  /// The newest first.
  func errors(_ status: FleetStatus) -> [String] {
    guard !status.recentErrors.isEmpty else { return [] }
    let lines = status.recentErrors.suffix(5).reversed().map { error in
      let age = TerminalText.padded(Self.age(since: error.at, now: status.now), 14, right: true)
      return TerminalText.fitted("\(age)  \(error.text)", width)
    }
    return [styled(.bold, "Recent errors")] + lines
  }

  static func word(for state: WorkerState) -> String { state == .setAside ? "set aside" : state.rawValue }

  static func isTroubled(_ worker: WorkerStatus) -> Bool { worker.state == .lost || worker.state == .setAside }

  private static func age(since time: Int64, now: Int64) -> String {
    guard time > 0 else { return "never" }
    let seconds = Double(now - time) / 1000
    return seconds < 2 ? "now" : StatusFormat.span(seconds: seconds) + " ago"
  }
}
