// autointerp
// The state of a fleet as a log: a line for each change.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol
import Foundation

/// Watches a fleet without a terminal: says what is new since it was last asked, a line each.
package struct StatusLog: Sendable {
  private var previous: FleetStatus?

  package init() {}

  /// What is new in `status`; every run and a summary of the workers the first time.
  package mutating func lines(for status: FleetStatus) -> [String] {
    let earlier = previous
    previous = status
    var news: [String] = []
    // Errors may be older than this look: each with its own time.
    let errors = status.recentErrors.filter { !(earlier?.recentErrors.contains($0) ?? false) }.map { error in
      "\(Self.time(error.at)) error: \(TerminalText.harmless(error.text))"
    }
    if earlier.map({ Self.workers($0) }) != Self.workers(status) { news.append(Self.workers(status)) }
    for run in status.runs {
      let before = earlier?.runs.first { $0.name == run.name }
      let title = StatusScreen.title(of: run, among: status.runs)
      for prompt in run.quarantined where !(before?.quarantined.contains(prompt) ?? false) {
        news.append(
          "\(title): quarantined #\(prompt.prompt): \(prompt.errors.last ?? "no error was reported")")
      }
      let isNew = before.map { ($0.done, $0.state) != (run.done, run.state) } ?? true
      if isNew || before?.quarantinedCount != run.quarantinedCount {
        news.append("\(title): \(Self.progress(run))")
      }
    }
    let time = Self.time(status.now)
    return errors + news.map { "\(time) \(TerminalText.harmless($0))" }
  }

  private static func progress(_ run: RunStatus) -> String {
    var parts = [
      StatusScreen.words(for: run),
      "\(run.done) of \(run.promptCount) done (\(StatusScreen.percent(run)) %)",
    ]
    if run.state == .active {
      parts += ["\(run.inFlight) in flight", "\(run.queued) queued"]
      if run.quarantinedCount > 0 { parts.append("\(run.quarantinedCount) quarantined") }
      parts.append("\(StatusFormat.rate(run.promptsPerSecond * 60)) per minute")
      if let left = run.secondsLeft { parts.append("\(StatusFormat.span(seconds: left)) left") }
    }
    return parts.joined(separator: ", ")
  }

  private static func workers(_ status: FleetStatus) -> String {
    var live = 0
    var troubles: [String] = []
    for worker in status.workers {
      if StatusScreen.isTroubled(worker) {
        troubles.append("\(worker.name) \(StatusScreen.word(for: worker.state))")
      } else if worker.state != .left {
        live += 1
      }
    }
    let few = troubles.prefix(5) + (troubles.count > 5 ? ["\(troubles.count - 5) more"] : [])
    return (["\(live) \(live == 1 ? "worker" : "workers")"] + few).joined(separator: ", ")
  }

  /// UTC, to the second.
  private static func time(_ milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601)
  }
}
