// autointerp
// `StatusLog` describes a fleet as a log: one line for each change.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol
internal import Foundation
internal import Platform

/// Watches a fleet without a terminal. Returns what is new since the last call, one line each.
package struct StatusLog: Sendable {
  private var previous: FleetStatus?

  package init() {}

  /// What is new in `status`. The first time, every run and a summary of the workers.
  package mutating func lines(for status: FleetStatus) -> [String] {
    let earlier = previous
    previous = status
    var news: [String] = []
    // Errors may be older than this call, so each has its own time.
    let errors = status.recentErrors.filter { !(earlier?.recentErrors.contains($0) ?? false) }.map { error in
      "\(Self.time(error.at)) error: \(error.text.harmless)"
    }
    for problem in status.problems where !(earlier?.problems.contains(problem) ?? false) {
      news.append("problem: \(problem)")
    }
    for run in status.closedRuns
    where !(earlier?.closedRuns.contains { $0.name == run.name && $0.kind == run.kind } ?? false) {
      news.append("\(run.name): \(run.kind.rawValue): \(run.reason)")
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
    return errors + news.map { "\(time) \($0.harmless)" }
  }

  private static func progress(_ run: RunStatus) -> String {
    var parts = [
      StatusScreen.words(for: run),
      "\(run.done) of \(run.promptCount) done (\(StatusScreen.percent(run)) %)",
    ]
    if run.state == .active {
      parts += ["\(run.inFlight) in flight", "\(run.queued) queued"]
      if run.quarantinedCount > 0 { parts.append("\(run.quarantinedCount) quarantined") }
      parts.append("\(Figures.rate(run.promptsPerSecond * 60)) per minute")
      if let left = run.secondsLeft { parts.append("\(Figures.span(seconds: left)) left") }
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
