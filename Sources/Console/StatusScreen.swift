// autointerp
// `StatusScreen` shows the state of a fleet as lines of a terminal.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import ClusterProtocol
internal import Platform

/// Renders a fleet's state for a terminal. The result depends only on the state and the terminal's size.
package struct StatusScreen: Sendable {
  /// The columns of the terminal.
  package var width: Int
  /// The rows that may be used; nil means no limit.
  package var height: Int?
  /// Whether to use the terminal's colours.
  package var isColored: Bool

  package init(width: Int, height: Int? = nil, isColored: Bool = false) {
    self.width = max(40, width)
    self.height = height.map { max(8, $0) }
    self.isColored = isColored
  }

  /// The lines, none longer than `width` columns. If there are more than `height`, errors and quarantine are cut to a
  /// third of it, then the list of neurons, then the list of workers, which begins with troubled ones. `details` belong
  /// to the run that `RunDetails.run(of:)` names, as far as they are known.
  package func lines(for status: FleetStatus, details: RunDetails? = nil) -> [String] {
    var above = [heading(status), ""]
    if status.runs.isEmpty { above += ["No run yet. Start one with: autointerp run", ""] }
    let shown = status.runs.filter { isShown($0, among: status.runs) }
    let waiting = shown.filter { $0.state == .queued }.dropFirst(2)
    for run in shown where !waiting.contains(where: { $0.name == run.name }) {
      let samples = details?.run == run.name ? details?.samples : nil
      above += progress(run, among: status.runs, samples: samples, now: status.now) + [""]
    }
    if !waiting.isEmpty { above += [styled(.dim, "… \(ReadableNumber.grouped(waiting.count)) more queued"), ""] }
    above += closedRuns(status)
    var below = problems(status) + quarantine(status) + errors(status) + troubledKeys(status)
    if let height, below.count > max(5, height / 3) { below = Array(below.prefix(max(5, height / 3))) }
    below += counters(status)
    var room = height.map { max(5, $0 - above.count - below.count) }
    if let details, !details.neurons.isEmpty {
      // Heading and empty line. The list of workers keeps half of the remaining room.
      let forWorkers = room.map { min(max(1, status.workers.count) + 3, max(6, $0 / 2)) } ?? 0
      let lines = neurons(details.neurons, room: room.map { $0 - forWorkers - 2 })
      above += lines
      room = room.map { max(5, $0 - lines.count) }
    }
    let result = above + workers(status, room: room) + below
    guard let height, result.count > height else { return result }
    return result.prefix(height - 1) + [styled(.dim, "… \(result.count - height + 1) more lines")]
  }

  /// A line about a problem with the connection.
  package func notice(_ text: String) -> String { styled(.red, TerminalText.fitted(text, width)) }

  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
  }

  func styled(_ style: Style, _ text: String) -> String {
    isColored && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  private func heading(_ status: FleetStatus) -> String {
    let up = Figures.span(seconds: Double(status.now - status.startedAt) / 1000)
    let rest = TerminalText.fitted(
      "  coordinator \(status.softwareVersion), up \(up)", width - "autointerp".count)
    return styled(.bold, "autointerp") + styled(.dim, rest)
  }

  /// Active and queued runs, and the last finished one if there are no others.
  private func isShown(_ run: RunStatus, among runs: [RunStatus]) -> Bool {
    if run.state == .active || run.state == .queued { return true }
    return run == runs.last && !runs.contains { $0.state == .active || $0.state == .queued }
  }

  private func progress(
    _ run: RunStatus, among runs: [RunStatus], samples: ProgressSamples?, now: Int64
  ) -> [String] {
    let state = Self.words(for: run)
    let title = TerminalText.fitted(Self.title(of: run, among: runs), max(8, width - state.columns - 4))
    let left = width - title.columns - state.columns - 4
    let model = left > 8 ? TerminalText.fitted(run.modelName, left) : ""
    let style: Style =
      switch run.state {
      case .active: .blue
      case .queued: .dim
      case .complete: run.quarantinedCount == 0 ? .green : .yellow
      case .cancelled: .red
      }
    let head = "\(styled(.bold, title))  \(styled(style, state))" + (model.isEmpty ? "" : "  \(styled(.dim, model))")
    guard run.state != .queued else { return [head, "\(ReadableNumber.grouped(run.promptCount)) prompts"] }

    let percent = TerminalText.padded(Self.percent(run) + " %", 7, right: true)
    let counts = "\(ReadableNumber.grouped(run.done)) of \(ReadableNumber.grouped(run.promptCount))"
    let length = max(10, width - percent.count - counts.count - 4)
    var facts = ["\(ReadableNumber.grouped(run.inFlight)) in flight", "\(ReadableNumber.grouped(run.queued)) queued"]
    if run.quarantinedCount > 0 { facts.append("\(ReadableNumber.grouped(run.quarantinedCount)) quarantined") }
    if let finishedAt = run.finishedAt {
      facts.append("last result \(Figures.age(milliseconds: now - finishedAt))")
      if let startedAt = run.startedAt {
        facts.append("took \(Figures.span(seconds: Double(finishedAt - startedAt) / 1000))")
      }
    }
    if run.state == .active {
      facts.append("\(Figures.rate(run.promptsPerSecond * 60)) per minute")
      facts.append(run.secondsLeft.map { Figures.span(seconds: $0) + " left" } ?? "time left not known yet")
    }
    let collected = [
      "\(ReadableNumber.grouped(run.neurons)) neurons", "\(ReadableNumber.grouped(run.edges)) edges",
      "\(Figures.bytes(run.deltaBytes)) of deltas",
      "\(Figures.span(seconds: Double(run.computeMilliseconds) / 1000)) of compute",
      "merge lag \(run.mergeLag)",
      "worst conservation error \(ReadableNumber.scientific(run.worstConservationResidual))",
    ]
    return [head, "\(styled(.bold, percent))  \(bar(run, length: length))  \(counts)"] + flowed(facts)
      + curve(samples) + flowed(collected).map { styled(.dim, $0) } + spotChecks(run)
      // Workers come first where there is little room.
      + (width >= 60 ? agreement(run) : [])
  }

  /// What second keys said, and what that cost.
  private func spotChecks(_ run: RunStatus) -> [String] {
    guard let checks = run.spotChecks else { return [] }
    let troubles = (checks.shortcomings + checks.disagreements.prefix(5).map(\.text)).flatMap {
      TerminalText.wrapped($0.harmless, width - 2, maximum: 3).map { "  \(styled(.yellow, $0))" }
    }
    return TerminalText.wrapped(checks.text, width, maximum: 2).map { styled(.dim, $0) } + troubles
  }

  /// What is explained, by which rule, and how well the scores agree with interventions so far.
  private func agreement(_ run: RunStatus) -> [String] {
    var lines: [String] = []
    if let metric = run.metric, let rule = run.rule {
      lines.append(TerminalText.fitted("metric \(metric.harmless), scores by the rule \(rule.harmless)", width))
    }
    for part in run.agreement ?? [] {
      let count =
        "\(ReadableNumber.grouped(part.nodes)) random nodes of \(ReadableNumber.grouped(part.prompts)) prompts"
      let parts = "\(part.place.harmless): \(part.text.harmless)".split(separator: ", ").map { String($0) }
      lines += flowed(parts + [count])
    }
    return lines.map { styled(.dim, $0) }
  }

  /// The rate over the whole run, as a line of blocks.
  private func curve(_ samples: ProgressSamples?) -> [String] {
    guard let samples, let start = samples.at.first, let end = samples.at.last else { return [] }
    let rates = RateCurve.perMinute(samples, points: min(60, width - 30))
    guard let most = rates.max(), most > 0 else { return [] }
    let blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    let line = rates.map { blocks[min(7, Int($0 / most * 8))] }.joined()
    let time = Figures.span(seconds: Double(end - start) / 1000)
    let words = "  up to \(Figures.rate(most)) per minute in \(time)"
    return [styled(.blue, line) + styled(.dim, TerminalText.fitted(words, width - rates.count))]
  }

  /// The corpus, and the end of the run's name if another run has the same corpus.
  static func title(of run: RunStatus, among runs: [RunStatus]) -> String {
    let isAlone = !runs.contains { $0.corpusName == run.corpusName && $0.name != run.name }
    if isAlone { return run.corpusName }
    return "\(run.corpusName) \(run.name.split(separator: "-").last.map(String.init) ?? run.name)"
  }

  static func words(for run: RunStatus) -> String {
    run.state == .complete && run.quarantinedCount > 0
      ? "complete with \(run.quarantinedCount) quarantined" : run.state.rawValue
  }

  /// Rounded down, so that 100.0 means all.
  static func percent(_ run: RunStatus) -> String {
    guard run.promptCount > 0 else { return "0.0" }
    let perMille = run.done * 1000 / run.promptCount
    return "\(perMille / 10).\(perMille % 10)"
  }

  /// Done prompts in eighths of a column, then those in flight, quarantined and open.
  private func bar(_ run: RunStatus, length: Int) -> String {
    guard run.promptCount > 0 else { return styled(.dim, String(repeating: "░", count: length)) }
    let eighths = max(run.done > 0 ? 1 : 0, min(length * 8, run.done * length * 8 / run.promptCount))
    let part = eighths % 8 == 0 ? "" : String(["▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8 - 1])
    let done = String(repeating: "█", count: eighths / 8) + part
    var room = length - done.count
    func share(_ prompts: Int, _ mark: String) -> String {
      guard prompts > 0 else { return "" }
      let columns = min(room, max(1, prompts * length / run.promptCount))
      room -= columns
      return String(repeating: mark, count: columns)
    }
    let flight = share(run.inFlight, "▒")
    let aside = share(run.quarantinedCount, "!")
    return styled(.blue, done) + styled(.blue, flight) + styled(.yellow, aside)
      + styled(.dim, String(repeating: "░", count: room))
  }

  /// Items separated by three blanks, on as many lines as needed.
  func flowed(_ items: [String]) -> [String] {
    var lines: [String] = []
    for item in items.map({ TerminalText.fitted($0, width) }) {
      if let last = lines.last, last.count + 3 + item.count <= width {
        lines[lines.count - 1] = last + "   " + item
      } else {
        lines.append(item)
      }
    }
    return lines
  }
}
