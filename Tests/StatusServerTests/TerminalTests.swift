// autointerp
// The terminal's lines: pure functions of the state.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import StatusServer

@Suite struct TerminalTests {
  @Test func aFleetAtWorkFillsAScreen() {
    #expect(
      StatusScreen(width: 80).lines(for: .sample()) == [
        "autointerp  coordinator 0.1.0, up 1 min 40 s",
        "",
        "capitals  active  SmolLM2-135M",
        " 41.6 %  █████████████████████████▍▒▒!░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  25 of 60",
        "2 in flight   32 queued   1 quarantined   150 per minute   14 s left",
        "4,321 neurons   1,234,567 edges   5.2 MB of deltas   23 s of compute",
        "merge lag 0",
        "",
        "math  queued  SmolLM2-135M",
        "200 prompts",
        "",
        "Workers  1 working, 1 lost; 2 of 4 slots busy",
        "name           state        slots  per min     done  failed   memory       heard",
        "node-a         working        2/2     90.0       20       0   812 MB         now",
        "node-b         lost           0/2        0        5       1        -    48 s ago",
        "",
        "Quarantined in capitals: 1",
        "  #7  too long",
        "      a: 9210 tokens",
        "      b: 9210 tokens",
        "",
        "Recent errors",
        "      18 s ago  node-b was not heard from for 30 s",
      ])
  }

  @Test(arguments: [40, 57, 72, 80, 100, 120, 200], [8, 12, 24, 50])
  func noLineIsWiderAndNoScreenHigherThanTheTerminal(width: Int, height: Int) {
    var status = FleetStatus.sample()
    status.runs[0].corpusName = String(repeating: "日本語", count: 40)
    status.runs[0].modelName = String(repeating: "m", count: 200)
    status.recentErrors = (0..<20).map { RecordedError(at: $0, text: String(repeating: "é", count: 300)) }
    for number in 0..<200 {
      status.workers.append(
        WorkerStatus(
          name: "node-\(number)-" + String(repeating: "n", count: 50), host: hostileText, state: .idle, slots: 100_000))
    }
    let lines = StatusScreen(width: width, height: height).lines(for: status)
    #expect(lines.count <= height)
    for line in lines { #expect(TerminalText.columns(line) <= width, "\(line)") }
  }

  @Test func aCutListOfWorkersKeepsTheTroubledOnes() {
    var status = FleetStatus.sample()
    status.runs = []
    status.recentErrors = []
    let lost = status.workers.removeLast()
    status.workers = (0..<100).map { WorkerStatus(name: "idle-\($0)", host: "h", state: .idle, slots: 1) } + [lost]
    let lines = StatusScreen(width: 80, height: 20).lines(for: status)
    #expect(lines.count == 20)
    #expect(lines.contains { $0.hasPrefix("node-b") })
    #expect(lines.contains { $0.hasPrefix("… ") && $0.hasSuffix(" more workers") })
  }

  @Test func hostileTextCannotSteerTheTerminal() {
    var status = FleetStatus.sample()
    status.softwareVersion = hostileText
    status.runs[0].corpusName = hostileText
    status.runs[0].modelName = hostileText
    status.runs[0].quarantined[0].excerpt = hostileText
    status.runs[0].quarantined[0].errors = [hostileText]
    status.workers[0].name = hostileText
    status.workers[0].host = hostileText
    status.recentErrors[0].text = hostileText
    var log = StatusLog()
    for line in StatusScreen(width: 160).lines(for: status) + log.lines(for: status) {
      for scalar in line.unicodeScalars {
        #expect(![.control, .format].contains(scalar.properties.generalCategory), "\(line.debugDescription)")
      }
    }
  }

  @Test func coloursAreTheOnlyDifferenceTheyMake() {
    let colored = StatusScreen(width: 80, isColored: true).lines(for: .sample())
    #expect(colored.contains { $0.contains("\u{1B}[") })
    #expect(
      colored.map { $0.replacing(/\x1B\[[0-9;]*m/, with: "") } == StatusScreen(width: 80).lines(for: .sample()))
  }

  @Test(arguments: [
    (0, "0.0", "░░░░░░░░"), (1, "0.1", "▏"), (500, "50.0", "█"), (999, "99.9", "█"), (1000, "100.0", "█"),
  ])
  func onlyTheLastPromptMakesAHundredPercent(done: Int, percent: String, start: String) throws {
    var status = FleetStatus.sample()
    status.runs = [RunStatus(name: "r", corpusName: "c", modelName: "m", state: .active, promptCount: 1000)]
    status.runs[0].done = done
    let line = try #require(StatusScreen(width: 80).lines(for: status).first { $0.contains(" %  ") })
    #expect(line.hasPrefix(TerminalText.padded(percent + " %", 7, right: true) + "  " + start))
    #expect(line.contains("░") == (done < 1000 && done != 999))
  }

  @Test func aFinishedRunSaysWhatIsMissing() {
    var status = FleetStatus.sample()
    status.runs[0].state = .complete
    status.runs.removeLast()
    #expect(StatusScreen(width: 80).lines(for: status).contains { $0.contains("complete with 1 quarantined") })
  }

  @Test func theLogSaysOnlyWhatIsNew() {
    var status = FleetStatus.sample()
    var log = StatusLog()
    #expect(
      log.lines(for: status) == [
        "2023-11-14T22:15:00Z error: node-b was not heard from for 30 s",
        "2023-11-14T22:15:00Z 1 worker, node-b lost",
        "2023-11-14T22:15:00Z capitals: quarantined #7: b: 9210 tokens",
        "2023-11-14T22:15:00Z capitals: active, 25 of 60 done (41.6 %), 2 in flight, 32 queued, 1 quarantined, "
          + "150 per minute, 14 s left",
        "2023-11-14T22:15:00Z math: queued, 0 of 200 done (0.0 %)",
      ])
    status.now += 1000
    status.runs[0].secondsLeft = 12
    #expect(log.lines(for: status).isEmpty)
    status.runs[0].done = 26
    #expect(
      log.lines(for: status) == [
        "2023-11-14T22:15:01Z capitals: active, 26 of 60 done (43.3 %), 2 in flight, 32 queued, 1 quarantined, "
          + "150 per minute, 12 s left"
      ])
    status.workers[1].state = .idle
    #expect(log.lines(for: status) == ["2023-11-14T22:15:01Z 2 workers"])
  }

  @Test(arguments: [
    (0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (407, "6 min 47 s"), (3599, "59 min"), (7500, "2 h 5 min"),
    (172_800, "2 d 0 h"), (-1, "-"), (.infinity, "-"), (.nan, "-"),
  ])
  func spansReadWell(seconds: Double, text: String) {
    #expect(StatusFormat.span(seconds: seconds) == text)
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
  func thousandsAreSeparated(value: Int, text: String) {
    #expect(StatusFormat.count(value) == text)
  }

  @Test(arguments: [
    ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 5, "日本…"), ("e\u{301}x", 2, "e\u{301}x"), ("abc", 0, ""),
  ])
  func textIsCutAtColumnsAndNotAtCharacters(text: String, width: Int, expected: String) {
    #expect(TerminalText.fitted(text, width) == expected)
  }
}
