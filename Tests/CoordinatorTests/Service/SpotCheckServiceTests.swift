// autointerp
// `SpotCheckServiceTests` tests spot checks with a worker that lies, over real sockets and with real files.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct SpotCheckServiceTests {
  private let server: CurveKeyPair
  private let keys: [CurveKeyPair]

  init() throws { (server, keys) = (try .generate(), try (0..<3).map { _ in try .generate() }) }

  private func configuration(_ patience: Duration = .seconds(60)) -> CoordinatorConfiguration {
    var configuration = testConfiguration()
    var allowed = AllowList()
    for key in keys { allowed.allow(key.publicKey, as: .worker) }
    configuration.security = .curve(server, allowed)
    configuration.fleet.spotCheckPatience = patience
    return configuration
  }

  private func security(_ number: Int) -> ClientSecurity { .curve(keys[number], server: server.publicKey) }

  private static let promptCount = 12

  private static var specification: RunSpecification {
    var specification = FleetFixture.run(prompts: promptCount)
    specification.spotCheckShare = 0.5
    return specification
  }

  /// Key 0 computes all prompts and lies; the others come then. Returns the status and the export.
  private func lie(
    _ directory: String, honest: Range<Int>, lying: Bool = true, patience: Duration = .seconds(60)
  ) async throws -> (SpotCheckStatus, [UInt8]) {
    try await withCoordinator(RunsDirectory(path: directory), configuration(patience)) { coordinator, endpoint in
      try await coordinator.submit(Self.specification)
      var liar = FakeWorker(name: "liar")
      if lying { liar.forging = { _, delta in delta.graph.edges.flow[0] = 999 } }
      let first = liar
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await first.run(at: endpoint, security: security(0)) }
        while await coordinator.status().runs[0].done < Self.promptCount { await Task.yield() }
        for number in honest {
          group.addTask {
            try await FakeWorker(name: "honest-\(number)").run(at: endpoint, security: security(number))
          }
        }
        let run = try await coordinator.waitForCompletion(of: "run")
        group.cancelAll()
        return (try #require(run.spotChecks), try await coordinator.export("run"))
      }
    }
  }

  @Test func twoHonestKeysPutALiarsResultsRight() async throws {
    let specification = Self.specification
    let chosen = (0..<Int32(Self.promptCount)).filter {
      SpotChecks.chooses($0, share: 0.5, seed: specification.seed)
    }
    #expect(chosen.count > 2 && chosen.count < Self.promptCount)
    // What is not checked stays as the liar has it.
    var aggregate = EdgeAggregate()
    for (number, prompt) in specification.prompts.enumerated() {
      var delta = EdgeDelta.synthetic(prompt: Int32(number), origin: prompt.origin)
      if !chosen.contains(Int32(number)) { delta.graph.edges.flow[0] = 999 }
      try aggregate.merge(delta)
    }
    let expected = aggregate
    try await withTemporaryDirectory { directory in
      let (status, bytes) = try await lie(directory, honest: 1..<3)
      #expect(status.disagreed == chosen.count && status.undecided == 0 && status.agreed == 0)
      #expect(status.computations == 2 * chosen.count)
      #expect(status.disagreements.first?.results.first { !$0.isResult }?.key == keys[0].publicKey.text)
      let path = "\(directory)/run.sqlite"
      #expect(try ArchivedRun(path: path).aggregate == expected)
      let opinions = try AtlasReader(path: path).disagreements()
      #expect(opinions.count == 3 * chosen.count && opinions.count { !$0.isResult } == chosen.count)
      let check = try RunCheck(path)
      #expect(check.isSound && check.notes.count { $0.contains("disagreed") } == chosen.count)
      // Another start reads the same. Discarding the liar makes the rest right, too, and leaves what was put right already.
      let (again, repaired) = try await withCoordinator(RunsDirectory(path: directory), configuration()) {
        coordinator, endpoint in
        let before = try await coordinator.export("run")
        #expect(await coordinator.status().runs[0].spotChecks?.disagreed == chosen.count)
        let outcome = try await coordinator.discard("run", key: keys[0].publicKey.text, worker: nil)
        #expect(outcome == .discarded(prompts: Self.promptCount - chosen.count))
        return try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 1..<3 {
            group.addTask {
              try await FakeWorker(name: "honest-\(number)").run(at: endpoint, security: security(number))
            }
          }
          let run = try await coordinator.waitForCompletion(of: "run")
          #expect(run.spotChecks?.agreed == 0 && run.spotChecks?.disagreed == chosen.count)
          group.cancelAll()
          return (before, try await coordinator.export("run"))
        }
      }
      #expect(again == bytes)
      #expect(try repaired == reference(FleetFixture.run(prompts: Self.promptCount)), "as without spot checks")
    }
  }

  @Test func amongHonestKeysTheBytesAreThoseWithoutSpotChecks() async throws {
    try await withTemporaryDirectory { directory in
      let (status, bytes) = try await lie(directory, honest: 1..<2, lying: false)
      #expect(status.agreed == status.chosen && status.made == status.chosen && status.shortcomings.isEmpty)
      #expect(try bytes == reference(FleetFixture.run(prompts: Self.promptCount)))
    }
  }

  @Test func oneHonestKeyFindsOutAndDecidesNothing() async throws {
    try await withTemporaryDirectory { directory in
      let (status, _) = try await lie(directory, honest: 1..<2, patience: .seconds(3))
      #expect(status.undecided == status.chosen && status.disagreed == status.chosen)
      #expect(status.shortcomings.first?.contains("no third key") == true)
    }
  }

  @Test func aloneAKeyIsNotCheckedAndTheRunEnds() async throws {
    try await withTemporaryDirectory { directory in
      let (status, _) = try await lie(directory, honest: 1..<1, lying: false, patience: .milliseconds(500))
      #expect(status.unmade == status.chosen && status.made == 0)
    }
  }
}
