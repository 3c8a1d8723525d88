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
    for error in status.recentErrors where !(earlier?.recentErrors.contains(error) ?? false) {
      news.append("error: \(error.text)")
    }
    if earlier.map({ Self.workers($0) }) != Self.workers(status) { news.append(Self.workers(status)) }
    for run in status.runs {
      let before = earlier?.runs.first { $0.name == run.name }
      for prompt in run.quarantined where !(before?.quarantined.contains(prompt) ?? false) {
        news.append(
          "\(run.corpusName): quarantined #\(prompt.prompt): \(prompt.errors.last ?? "no error was reported")")
      }
      let isNew = before.map { ($0.done, $0.state) != (run.done, run.state) } ?? true
      if isNew || before?.quarantined.count != run.quarantined.count { news.append(Self.progress(run)) }
    }
    let time = Self.time(status.now)
    return news.map { "\(time) \(TerminalText.harmless($0))" }
  }

  private static func progress(_ run: RunStatus) -> String {
    var parts = [
      "\(run.corpusName): \(StatusScreen.words(for: run))",
      "\(run.done) of \(run.promptCount) done (\(StatusScreen.percent(run)) %)",
    ]
    if run.state == .active {
      parts += ["\(run.inFlight) in flight", "\(run.queued) queued"]
      if !run.quarantined.isEmpty { parts.append("\(run.quarantined.count) quarantined") }
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
      } else {
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
