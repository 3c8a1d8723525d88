// autointerp
// `FeedTests` tests that `StatusFeed` joins equal questions and that its answers stay small.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import Synchronization
import TestSupport
import Testing

@testable import StatusServer

@Suite(.timeLimit(.minutes(1))) struct FeedTests {
  /// Answers each question after a few turns of the cooperative pool, and notes how many it had at once.
  private final class SlowSource: StatusSource {
    let counts = Mutex((asked: 0, underWay: 0, most: 0))

    func status() async -> FleetStatus { .sample() }
    func readiness() async -> Readiness { Readiness() }

    func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport] { await answer() }

    func profile(of neuron: NeuronID, run: String) async throws -> NeuronReport { await answer()[0] }

    private func answer() async -> [NeuronReport] {
      counts.withLock {
        $0.asked += 1
        $0.underWay += 1
        $0.most = max($0.most, $0.underWay)
      }
      for _ in 0..<100 { await Task.yield() }
      counts.withLock { $0.underWay -= 1 }
      return [NeuronReport(neuron: NeuronID(layer: 1, index: 2), prompts: 1, domainPrompts: 1, baselinePrompts: 0)]
    }
  }

  private func feed(_ source: some StatusSource) -> StatusFeed {
    var configuration = StatusServerConfiguration()
    configuration.neuronsLifetime = .seconds(3600)
    return StatusFeed(source: source, configuration: configuration)
  }

  @Test func thoseWhoAskTheSameAtTheSameTimeCostOneQuestion() async throws {
    let source = SlowSource()
    let feed = feed(source)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { _ = try await feed.topNeurons(NeuronQuery(run: "r")) } }
      try await group.waitForAll()
    }
    #expect(source.counts.withLock { $0.asked } == 1)
  }

  @Test func differentQuestionsAreAskedOneAfterTheOther() async throws {
    let source = SlowSource()
    let feed = feed(source)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<10 {
        group.addTask {
          var query = NeuronQuery(run: "r")
          query.limit = number
          _ = try await feed.topNeurons(query)
          _ = try await feed.profile(of: NeuronID(layer: 0, index: number), run: "r")
        }
      }
      try await group.waitForAll()
    }
    #expect(source.counts.withLock { $0.asked } == 20)
    #expect(source.counts.withLock { $0.most } == 1)
  }

  @Test(arguments: [
    ("limit=50&edges=50", 200), ("limit=51&edges=50", 400), ("limit=500&edges=5", 200), ("limit=500&edges=6", 400),
  ])
  func neuronsTimesEdgesAreBounded(query: String, status: Int) async throws {
    let answer = try await withStatusServer { port in try await RawHTTP.get("/neurons?\(query)", port: port) }
    #expect(answer.status == status)
  }

  @Test func eventsListAFewQuarantinedPromptsAndCountTheRest() async throws {
    let source = FakeSource()
    source.change { status in
      status.runs[0].quarantined = (0..<70).map { QuarantinedPrompt(prompt: $0, excerpt: "x\($0)", errors: ["e"]) }
    }
    var configuration = StatusServerConfiguration()
    configuration.maximumQuarantinedInEvents = 20
    let snapshot = try await StatusFeed(source: source, configuration: configuration).snapshot()
    let whole = try StatusJSON.decode(FleetStatus.self, from: snapshot.json)
    let event = try StatusJSON.decode(FleetStatus.self, from: snapshot.eventJSON)
    #expect(whole.runs[0].quarantined.count == 70)
    #expect(event.runs[0].quarantined == Array(whole.runs[0].quarantined.prefix(20)))
    #expect(event.runs[0].quarantinedBeyond == 50)
    #expect(event.runs[0].quarantinedCount == whole.runs[0].quarantinedCount)
    #expect(event.runs[1] == whole.runs[1])
  }

  @Test func workersHaveAHistoryThatIsBoundedAndForgetsThem() {
    var history = WorkerHistory(intervalMilliseconds: 100, capacity: 5)
    var status = FleetStatus.sample()
    for time in 0..<20 {
      status.now = Int64(time * 50)
      status.workers[0].promptsPerMinute = Double(time)
      history.record(status)
    }
    #expect(history.samples.at == [500, 600, 700, 800, 900])
    #expect(history.samples.perMinute["node-a"] == [10, 12, 14, 16, 18])
    // A lost worker has no known speed.
    #expect(history.samples.perMinute["node-b"] == [nil, nil, nil, nil, nil])
    status.now = 1000
    status.workers[0].state = .left
    status.workers[1].name = "node-c"
    history.record(status)
    #expect(history.samples.perMinute.keys.sorted() == ["node-c"])
    #expect(history.samples.perMinute["node-c"]?.count == 5)
  }
}
