// autointerp
// `ProgressLinesTests` tests the text that shows a run's progress.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import Console

@Suite struct ProgressLinesTests {
  static func run(done: Int, of count: Int = 24, failed: Int = 0) -> RunStatus {
    var run = RunStatus(name: "r", corpusName: "c", modelName: "m", state: .active, promptCount: count)
    run.done = done
    run.promptsPerSecond = 1.25
    run.secondsLeft = 8.2
    run.quarantined = (0..<failed).map { QuarantinedPrompt(prompt: Int32($0), excerpt: "", errors: []) }
    return run
  }

  static let workers = [
    WorkerStatus(name: "a", host: "h", state: .working, slots: 1),
    WorkerStatus(name: "b", host: "h", state: .lost, slots: 1),
  ]

  @Test func aTerminalGetsOneLineDrawnOver() {
    var lines = ProgressLines(style: .drawn)
    #expect(
      lines.update(Self.run(done: 12), workers: Self.workers)
        == "\r\u{1B}[K[##########..........] 12/24 prompts, 1.3/s, 9 s left, 1 worker")
    #expect(lines.update(Self.run(done: 12), workers: Self.workers) == "")
    #expect(lines.tell("note") == "\r\u{1B}[Knote\n")
    #expect(lines.endLine() == "")
  }

  @Test func aLineIsCutToTheTerminal() {
    var lines = ProgressLines(style: .drawn)
    lines.width = 30
    #expect(lines.update(Self.run(done: 12), workers: []) == "\r\u{1B}[K[##########..........] 12/24 ")
  }

  @Test func aLogGetsALineForEachTenth() {
    var lines = ProgressLines(style: .lines)
    let told = (0...24).map { lines.update(Self.run(done: $0), workers: []) }.filter { !$0.isEmpty }
    #expect(told.count == 11)
    #expect(told.first == "0/24 prompts, 1.3/s, 9 s left, waiting for workers\n")
    #expect(told.last == "24/24 prompts, 1.3/s\n")
  }

  @Test func failuresAreSaid() {
    var lines = ProgressLines(style: .lines)
    #expect(
      lines.update(Self.run(done: 1, of: 2, failed: 1), workers: []) == "1/2 prompts, 1.3/s, 9 s left, 1 failed\n")
  }

  @Test(arguments: [ProgressLines.Style.drawn, .lines, .silent])
  func aProblemIsSaidAtOnceAndOnceInEveryStyle(_ style: ProgressLines.Style) {
    var lines = ProgressLines(style: style)
    _ = lines.update(Self.run(done: 1), workers: [])
    let full = "no room left on the file system; run r gets no leases"
    #expect(lines.tell(problems: [full]).hasSuffix("Problem: \(full)\n"))
    #expect(lines.tell(problems: [full]) == "")
    #expect(lines.tell(problems: ["read 5 of 9"]) == "Problem: read 5 of 9\nNo longer: \(full)\n")
    #expect(lines.tell(problems: ["read 6 of 9"]) == "", "a count that changes is no news")
    #expect(lines.tell(problems: []) == "No longer: read 6 of 9\n")
  }

  @Test func quietIsQuiet() {
    var lines = ProgressLines(style: .silent)
    #expect(lines.update(Self.run(done: 1), workers: []) + lines.tell("x") + lines.endLine() == "")
  }
}
