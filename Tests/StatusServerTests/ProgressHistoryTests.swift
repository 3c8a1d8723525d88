// autointerp
// `ProgressHistoryTests` tests which samples the history behind the rate chart keeps.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import TestSupport
import Testing

@testable import StatusServer

@Suite struct ProgressHistoryTests {
  private func status(at time: Int64, done: Int, state: RunState = .active, name: String = "r") -> FleetStatus {
    var status = FleetStatus.sample()
    status.now = time
    status.runs = [RunStatus(name: name, corpusName: "c", modelName: "m", state: state, promptCount: 1_000_000)]
    status.runs[0].done = done
    return status
  }

  @Test func samplesKeepTheirDistance() {
    var history = ProgressHistory(intervalMilliseconds: 100)
    for time in stride(from: 1000, through: 1400, by: 50) { history.record(status(at: Int64(time), done: time)) }
    #expect(history.samples(of: "r").at == [1000, 1100, 1200, 1300, 1400])
    #expect(history.samples(of: "r").done == [1000, 1100, 1200, 1300, 1400])
    #expect(history.samples(of: "other").at.isEmpty)
  }

  @Test func memoryIsBoundedAndTheStartIsKept() {
    var history = ProgressHistory(intervalMilliseconds: 1, capacity: 64)
    for time in 0..<10_000 { history.record(status(at: Int64(time), done: time)) }
    let samples = history.samples(of: "r")
    #expect(samples.at.count <= 64)
    #expect(samples.at.first == 0)
    #expect(samples.at.last.map { $0 > 9_600 } == true)
    #expect(samples.at == samples.at.sorted())
    #expect(samples.done.map { Int64($0) } == samples.at)
  }

  @Test func theEndOfARunIsRecordedOnceWhateverTheDistance() {
    var history = ProgressHistory(intervalMilliseconds: 1000)
    history.record(status(at: 0, done: 0))
    history.record(status(at: 10, done: 9, state: .complete))
    history.record(status(at: 5000, done: 9, state: .complete))
    #expect(history.samples(of: "r").at == [0, 10])
    #expect(history.samples(of: "r").done == [0, 9])
  }

  @Test func whatIsInFlightAndWaitingIsSampledToo() {
    var history = ProgressHistory(intervalMilliseconds: 0, capacity: 4)
    for time in 0..<20 {
      var status = status(at: Int64(time), done: time)
      status.runs[0].inFlight = time * 2
      status.runs[0].mergeLag = time * 3
      history.record(status)
    }
    let samples = history.samples(of: "r")
    #expect(samples.inFlight == samples.done.map { $0 * 2 })
    #expect(samples.mergeLag == samples.done.map { $0 * 3 })
    #expect(samples.at.count == samples.done.count)
  }

  @Test func aQueuedRunHasNoHistory() {
    var history = ProgressHistory(intervalMilliseconds: 0)
    history.record(status(at: 0, done: 0, state: .queued))
    #expect(history.samples(of: "r").at.isEmpty)
  }

  @Test func theRunsThatMovedLongestAgoAreForgotten() {
    var history = ProgressHistory(intervalMilliseconds: 0, maximumRuns: 3)
    for number in 0..<10 { history.record(status(at: Int64(number), done: 1, name: "r\(number)")) }
    #expect(history.samples(of: "r9").at == [9])
    #expect(history.samples(of: "r7").at == [7])
    #expect(history.samples(of: "r6").at.isEmpty)
  }
}
