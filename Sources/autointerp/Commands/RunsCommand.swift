// autointerp
// `RunsCommand` is `autointerp runs`: it lists the runs of a coordinator.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterProtocol
internal import Console
internal import Foundation
internal import Platform

/// Lists runs.
struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "List the runs of a coordinator.",
    discussion: """
      One line for each run: its state, how many of its prompts are done, under way, waiting and quarantined, and its \
      name. The first hundred of the quarantined prompts are listed below their run with the beginning of their errors, \
      with --quarantined all of them with all of it.

      EXAMPLES
        autointerp runs
        autointerp runs --coordinator tcp://head:7645 --key-file me.key --server-key coordinator.pub --json

      Exit codes: 0, 2 no answer or a wrong command line.
      """)

  @OptionGroup var coordinator: CoordinatorOptions

  @Flag(help: "List every quarantined prompt with all of its errors.")
  var quarantined = false

  @Flag(help: "Print the runs as a JSON array.")
  var json = false

  func run() async throws {
    let listsAll = quarantined
    let (runs, closed, problems) = try await coordinator.connected { client in
      let status = try await client.status()
      var runs = status.runs
      for i in runs.indices where listsAll && runs[i].quarantinedCount > 0 {
        runs[i].quarantined = try await client.quarantine(of: runs[i].name)
        runs[i].quarantinedBeyond = 0
      }
      return (runs, status.closedRuns, status.problems)
    }
    for problem in problems { StandardError.say("Problem: \(problem)") }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(runs), as: UTF8.self))
    } else if runs.isEmpty, closed.isEmpty {
      print("There are no runs.")
    } else {
      for run in runs { for line in Self.lines(for: run) { print(line) } }
    }
    for run in closed where !json { print(Self.line(for: run)) }
  }

  static func line(for run: ClosedRun) -> String {
    let kind = run.kind.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0)
    return "\(kind) \(run.name)  \(run.reason.harmless(maximumBytes: FleetStatus.listedAtMost.bytes))"
  }

  static func lines(for run: RunStatus) -> [String] {
    var parts = ["\(run.done) of \(run.promptCount) prompts"]
    if run.inFlight > 0 { parts.append("\(run.inFlight) under way") }
    if run.queued > 0 { parts.append("\(run.queued) waiting") }
    if run.quarantinedCount > 0 { parts.append("\(run.quarantinedCount) quarantined") }
    let state = run.state.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
    let quarantine = run.quarantined.flatMap { prompt in
      ["  prompt \(prompt.prompt): \(prompt.excerpt.harmless)"]
        + prompt.errors.map { "    \($0.harmless)" }
    }
    let beyond = run.quarantinedBeyond > 0 ? ["  and \(run.quarantinedBeyond) more (--quarantined lists them)"] : []
    return ["\(state)  \(run.name)  \(parts.joined(separator: ", "))"] + quarantine + beyond
  }
}
