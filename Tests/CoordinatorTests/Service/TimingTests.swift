// autointerp
// `TimingTests` tests the histograms and loads that a coordinator reports of itself.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import ClusterTransport
import Foundation
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct TimingTests {
  @Test func everyStepOfAPromptIsTimed() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run(prompts: 8))
        try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask { try await FakeWorker(name: "a").run(at: endpoint) }
          _ = try await coordinator.waitForCompletion(of: "run")
          await coordinator.drainWorkers(reason: "done")
          try await group.waitForAll()
        }
        var timings = await coordinator.status().timings
        #expect(timings.export.count == 0)
        #expect(timings.leaseToDelta.count == 8)
        // The status may come between a transaction and the note of its time.
        while timings.sync.count != timings.write.count { timings = await coordinator.status().timings }
        #expect((1...20).contains(timings.write.count))
        #expect(timings.commit.count == timings.write.count)
        #expect(0 < timings.sync.sum && timings.sync.sum < timings.commit.sum)
        #expect(timings.commit.sum < timings.write.sum)
        _ = try await CoordinatorClient.with(endpoint, security: .plain()) { try await $0.export(run: "run") }
        #expect(await coordinator.status().timings.export.count == 1)
      }
    }
  }

  @Test func aStatusWithoutTheNewerTimesIsRead() throws {
    var timings = FleetTimings()
    timings.commit.record(.milliseconds(2))
    timings.sync.record(.milliseconds(1))
    let data = try JSONEncoder().encode(timings)
    #expect(try JSONDecoder().decode(FleetTimings.self, from: data) == timings)
    var object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    object["sync"] = nil
    let older = try JSONDecoder().decode(FleetTimings.self, from: JSONSerialization.data(withJSONObject: object))
    #expect(older.commit == timings.commit && older.sync.count == 0)
  }

  @Test func theOutboxCountsWhatTheSocketHasNotTaken() async throws {
    let outbox = Outbox()
    let peer = PeerID(bytes: [1])
    outbox.add([Outbound(message: .reply([UInt8](repeating: 0, count: 100), receipt: 1), peer: peer)])
    outbox.add([
      Outbound(message: .probe([1, 2, 3]), peer: peer), Outbound(message: .worker(.unknownWorker), peer: peer),
    ])
    #expect(outbox.load == Outbox.Load(messages: 3, bytes: 103))
    let sending = AsyncStream<Void>.makeStream()
    await withTaskGroup { group in
      group.addTask {
        await outbox.forEachBatch { batch in
          // A batch under way still counts.
          #expect(batch.count == 3 && outbox.load == Outbox.Load(messages: 3, bytes: 103))
          sending.continuation.finish()
        }
      }
      for await _ in sending.stream {}
      while outbox.load != Outbox.Load() { await Task.yield() }
      group.cancelAll()
    }
  }
}
