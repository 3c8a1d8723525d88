// autointerp
// `StatusScreenTests` tests the lines that the terminal shows for the state of a fleet.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import Platform
import TestSupport
import Testing

@testable import Console

@Suite struct StatusScreenTests {
  @Test func aFleetAtWorkFillsAScreen() {
    #expect(
      StatusScreen(width: 80).lines(for: .sample()) == [
        "autointerp  coordinator 0.1.0, up 1 min 40 s",
        "",
        "capitals  active  SmolLM2-135M",
        " 41.6 %  █████████████████████████▍▒▒!░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  25 of 60",
        "2 in flight   32 queued   1 quarantined   150 per minute   14 s left",
        "4,321 neurons   1,234,567 edges   5.3 MB of deltas   23 s of compute",
        "merge lag 0   worst conservation error 3.0e-06",
        "metric logprob, scores by the rule gradient",
        "beyond position 0: r 0.85 (0.80 to 0.90)   signs 99 (96 to 100) %",
        "within 25 % 75 (69 to 80) %   75 random nodes of 25 prompts",
        "",
        "math  queued  SmolLM2-135M",
        "200 prompts",
        "",
        "Workers  1 working, 1 lost; 2 of 4 slots busy",
        "name      state    slots  per min  done  failed  memory     heard  host",
        "node-a    working    2/2     90.0    20       0  812 MB       now  gpu-0",
        "node-b    lost       0/2        0     5       1       -  48 s ago  gpu-1",
        "",
        "Quarantined in capitals: 1",
        "  #7  too long",
        "      a: 9210 tokens",
        "      b: 9210 tokens",
        "",
        "Recent errors",
        "  18 s ago  node-b was not heard from for 30 s",
        "",
        "29 leases, 0 expired   deltas: 1 duplicate, 0 conflicting   0 failures",
        "0 messages, 0 workers, 3 connections refused",
      ])
  }

  @Test func keysWithRefusedMessagesAreNamed() {
    var status = FleetStatus.sample()
    var (bad, odd, good) = (KeyCounters(key: "K1", name: "gpu-7"), KeyCounters(key: "K2"), KeyCounters(key: "K3"))
    (bad.framesRefused, odd.deltasConflicting, good.deltas) = (1234, 2, 9)
    status.keys = [bad, odd, good]
    let lines = StatusScreen(width: 100).lines(for: status)
    let start = lines.firstIndex(of: "Keys with refused messages") ?? 0
    #expect(lines[start + 1].hasPrefix("  gpu-7 ") && lines[start + 1].contains("1,234 messages refused, 0 deltas"))
    #expect(lines[start + 2].hasPrefix("  K2 ") && lines[start + 2].hasSuffix("2 deltas conflicting"))
    #expect(!lines.contains { $0.contains("K3") })
  }

  @Test func spotChecksAreShownWithTheirCostAndWhoLost() throws {
    var status = FleetStatus.sample()
    var checks = SpotCheckStatus(share: 0.1, chosen: 6, promptCount: 60)
    (checks.agreed, checks.disagreed, checks.due, checks.computations) = (3, 1, 2, 6)
    func result(_ worker: String, _ isResult: Bool) -> SpotCheckStatus.Disagreement.Result {
      .init(worker: worker, key: "K\(worker)", address: nil, digest: "00", isResult: isResult)
    }
    checks.disagreements = [
      .init(prompt: 7, isDecided: true, results: [result("a", false), result("b", true), result("c", true)])
    ]
    status.runs[0].spotChecks = checks
    let lines = StatusScreen(width: 100).lines(for: status)
    #expect(lines.contains("4 of 6 spot checks made: 3 agreed, 1 disagreed, 2 due; 10.0 % computed twice"))
    #expect(lines.contains("  prompt 7: a (key Ka) was outvoted by b (key Kb) and c (key Kc)"))
    let read = try StatusJSON.decode(FleetStatus.self, from: try StatusJSON.encode(status))
    #expect(read == status)
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
    for line in lines { #expect(line.columns <= width, "\(line)") }
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
    status.runs[0].metric = hostileText
    status.runs[0].rule = hostileText
    status.runs[0].agreement?[0].text = hostileText
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

  @Test func aRunSaysWhatRanksItsNodesAndHowFarThatCanBeBelieved() throws {
    let lines = StatusScreen(width: 160).lines(for: .sample())
    #expect(lines.contains("metric logprob, scores by the rule gradient"))
    let line = try #require(lines.first { $0.hasPrefix("beyond position 0: r 0.") })
    #expect(line.hasSuffix(" %   75 random nodes of 25 prompts"))
    // An earlier coordinator tells neither.
    var earlier = FleetStatus.sample()
    (earlier.runs[0].metric, earlier.runs[0].rule, earlier.runs[0].agreement) = (nil, nil, nil)
    #expect(!StatusScreen(width: 160).lines(for: earlier).contains { $0.contains("position 0") })
    let text = String(decoding: try StatusJSON.encode(earlier), as: UTF8.self)
    #expect(!text.contains("agreement"))
    #expect(try StatusJSON.decode(FleetStatus.self, from: Array(text.utf8)) == earlier)
    #expect(try StatusJSON.decode(FleetStatus.self, from: StatusJSON.encode(FleetStatus.sample())) == .sample())
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
        // Shown with the error's own time, not the time of the update.
        "2023-11-14T22:14:42Z error: node-b was not heard from for 30 s",
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

  @Test func theReasonOfALongErrorIsNotCutOff() {
    var status = FleetStatus.sample()
    let run = "cardiology-of-the-elderly-" + String(repeating: "smollm2-", count: 20)
    status.recentErrors = [RecordedError(at: 0, text: "run \(run) cannot be written: the disk is full")]
    status.runs[0].quarantined[0].errors = ["worker-\(run): the prompt has 9210 tokens"]
    for width in [40, 80, 160] {
      let lines = StatusScreen(width: width).lines(for: status)
      #expect(lines.contains { $0.hasSuffix("disk is full") || $0.hasSuffix("is full") }, "\(width)")
      #expect(lines.contains { $0.hasSuffix("9210 tokens") }, "\(width)")
      for line in lines { #expect(line.columns <= width) }
    }
  }

  @Test func noNumberOfAWorkerIsCut() {
    var status = FleetStatus.sample()
    status.workers[1].lastHeardAt = status.now - 216_000
    status.workers[1].slots = 4096
    status.workers[1].busySlots = 1000
    for width in [40, 60, 80, 160] {
      let lines = StatusScreen(width: width).lines(for: status)
      let row = lines.first { $0.hasPrefix("node-b") }
      #expect(row?.contains("…") == false, "\(width)")
      #expect(row?.contains("1000/4096") == true, "\(width)")
      if width >= 80 { #expect(row?.contains("3 min ago") == true) }
    }
  }

  @Test func runsOfOneCorpusAreToldApart() {
    var status = FleetStatus.sample()
    status.runs[1].corpusName = "capitals"
    status.runs[1].name = "capitals-smollm2-77aa"
    var log = StatusLog()
    for lines in [StatusScreen(width: 80).lines(for: status), log.lines(for: status)] {
      #expect(lines.contains { $0.contains("capitals 3f9a") })
      #expect(lines.contains { $0.contains("capitals 77aa") })
    }
  }

  @Test func whoLeftIsNoTroubleAndNotCounted() {
    var status = FleetStatus.sample()
    status.workers[1].state = .left
    var log = StatusLog()
    #expect(log.lines(for: status).contains { $0.hasSuffix(" 1 worker") })
    #expect(StatusScreen(width: 80).lines(for: status).contains { $0.contains("1 working, 1 left") })
    #expect(!StatusScreen.isTroubled(status.workers[1]))
  }

  @Test func aFinishedRunSaysWhenItEndedAndHowLongItTook() {
    var status = FleetStatus.sample()
    status.runs.removeLast()
    status.runs[0].state = .complete
    status.runs[0].startedAt = status.now - 300_000
    status.runs[0].finishedAt = status.now - 120_000
    #expect(StatusScreen(width: 100).lines(for: status).contains { $0.hasSuffix("last result 2 min ago   took 3 min") })
  }

  /// The neurons and history of the sample's active run.
  private var details: RunDetails {
    let neurons = (0..<12).map { number in
      var report = NeuronReport(
        neuron: NeuronID(layer: 9, index: 200 + number), prompts: 24, domainPrompts: 12, baselinePrompts: 12)
      report.domainSpecificity = 0.5
      report.upstream = [
        EdgeReport(node: "2_90", text: nil, prompts: 20, frequency: 0.8, meanFlow: -6.3, meanAbsoluteFlow: 6.3),
        EdgeReport(node: "E_5", text: hostileText, prompts: 9, frequency: 0.4, meanFlow: 0.1, meanAbsoluteFlow: 1.5),
      ]
      return report
    }
    let samples = ProgressSamples(
      at: [0, 30_000, 60_000, 90_000], done: [0, 10, 20, 25], inFlight: [2, 2, 2, 2], mergeLag: [0, 0, 0, 0])
    return RunDetails(run: "capitals-smollm2-3f9a", neurons: neurons, samples: samples)
  }

  @Test func theLeadingNeuronsAndTheRateOverTimeAreShown() throws {
    let lines = StatusScreen(width: 100).lines(for: .sample(), details: details)
    let neuron = try #require(lines.first { $0.hasPrefix("L9/N200 ") })
    #expect(neuron.contains("24   50 %  <- L2/N90 -6.30"))
    #expect(neuron.contains("±1.50"))
    #expect(neuron.hasSuffix("-> none yet"))
    #expect(lines.count { $0.hasPrefix("L9/N") } == 10)
    #expect(lines.contains { $0.contains("█") && $0.contains("up to 20.0 per minute in 1 min 30 s") })
    // Nothing of another run replaces the curve.
    var other = details
    other.run = "math-aa01"
    #expect(!StatusScreen(width: 100).lines(for: .sample(), details: other).contains { $0.contains("up to") })
  }

  @Test(arguments: [40, 80, 160], [8, 16, 24, 50])
  func detailsKeepWithinTheTerminal(width: Int, height: Int) {
    let lines = StatusScreen(width: width, height: height).lines(for: .sample(), details: details)
    #expect(lines.count <= height)
    for line in lines { #expect(line.columns <= width, "\(line)") }
    if height >= 24 { #expect(lines.contains { $0.hasPrefix("node-b") }) }
  }

  @Test func whatWasRefusedIsToldInAColour() {
    var status = FleetStatus.sample()
    status.counters.connectionsRefused = 1234
    let lines = StatusScreen(width: 160, isColored: true).lines(for: status)
    #expect(lines.contains { $0.contains("\u{1B}[33m") && $0.contains("1,234 connections refused") })
  }

  @Test(arguments: [
    ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 5, "日本…"), ("e\u{301}x", 2, "e\u{301}x"), ("abc", 0, ""),
  ])
  func textIsCutAtColumnsAndNotAtCharacters(text: String, width: Int, expected: String) {
    #expect(TerminalText.fitted(text, width) == expected)
  }
}
