// autointerp
// Tests that the status tells operators which key sends what, and which one misbehaves.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import ClusterTransport
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct KeyTallyTests {
  @Test func whoMisbehavesComesFirstAndTheRestIsASum() throws {
    let tally = KeyTally()
    let keys = try (0..<5).map { _ in try CurveKeyPair.generate().publicKey }
    for (number, key) in keys.enumerated() { tally.count(key) { $0.deltas += Int64(number) } }
    tally.count(keys[1]) { $0.framesRefused += 2 }
    tally.count(keys[0]) { $0.deltasConflicting += 1 }
    let listed = tally.listed(3) { key in "key \(keys.firstIndex(of: key) ?? -1)" }
    #expect(listed.map(\.name) == ["key 1", "key 0", "key 4", ""])
    #expect(listed[3].key.isEmpty && listed[3].deltas == 5)
    #expect(tally.listed(5) { _ in "" }.count == 5, "nothing is left to sum up")
  }

  @Test func withoutCurveThereIsNothingToList() {
    let tally = KeyTally()
    tally.count(PeerID(bytes: [1])) { $0.framesReceived += 1 }
    #expect(tally.listed(10) { _ in "" }.isEmpty)
  }

  @Test func theStatusTellsWhatEachKeyDid() async throws {
    try await withTemporaryDirectory { directory in
      let (server, good, bad) = try (CurveKeyPair.generate(), CurveKeyPair.generate(), CurveKeyPair.generate())
      var configuration = testConfiguration()
      configuration.security = .curve(
        server, AllowList([good.publicKey: .worker, bad.publicKey: .client]))
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run("run", prompts: 10))
        let loop = try SocketLoop()
        let dealer = DealerSocket(loop: loop)
        try await dealer.connect(endpoint, security: .curve(bad, server: server.publicKey))
        for _ in 0..<3 { try await dealer.send([0xc1]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            try await FakeWorker(name: "w").run(at: endpoint, security: .curve(good, server: server.publicKey))
          }
          _ = try await coordinator.waitForCompletion(of: "run")
          group.cancelAll()
        }
        while await coordinator.status().counters.framesRefused < 3 { await Task.yield() }
        let keys = await coordinator.status().keys
        #expect(keys.map(\.key) == [bad.publicKey.text, good.publicKey.text])
        #expect(keys[0].framesRefused == 3 && keys[0].framesReceived == 3 && keys[0].deltas == 0)
        #expect(keys[1].framesRefused == 0 && keys[1].deltas == 10 && keys[1].bytesReceived > 1000)
        #expect(keys[1].bytesSent > 100 && keys[1].failuresReported == 0)
        await loop.shutDown()
      }
    }
  }

  /// Two workers that compute with different kernels, each half of the prompts.
  @Test func anExportNamesTheKernelsThatItsRunMixes() async throws {
    try await withTemporaryDirectory { directory in
      var configuration = testConfiguration()
      configuration.fleet.allowsMixedKernels = true
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run("run", prompts: 20))
        var first = FakeWorker(name: "a", slots: 1, diesAfterLeases: 6)
        first.computeKernel = "Zen"
        try await first.run(at: endpoint)
        #expect(try await !text(coordinator).contains("mixed_kernels"))
        var second = FakeWorker(name: "b")
        second.computeKernel = "Haswell"
        try await withThrowingTaskGroup(of: Void.self) { [second] group in
          group.addTask { try await second.run(at: endpoint) }
          _ = try await coordinator.waitForCompletion(of: "run")
          group.cancelAll()
        }
        let export = try await text(coordinator)
        #expect(export.contains(#""mixed_kernels": ["Haswell","Zen"]"#), "\(export.prefix(600))")
      }
    }
  }

  private func text(_ coordinator: Coordinator) async throws -> String {
    String(decoding: try await coordinator.export("run"), as: UTF8.self)
  }
}
