// autointerp
// `AuditTests` tests that a run's file says who gave which order.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Foundation
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct AuditTests {
  @Test func everyOrderIsInTheFileWithItsKeysNameAndAddress() async throws {
    try await withTemporaryDirectory { directory in
      let (server, alice, bob) = (
        try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate()
      )
      let list = "\(directory)/allowed"
      try Data("client \(alice.publicKey) alice\nclient \(bob.publicKey)\n".utf8).write(to: URL(filePath: list))
      var configuration = testConfiguration()
      configuration.security = .curve(server, try AllowList(contentsOf: list))
      let runs = try RunsDirectory(path: "\(directory)/runs")
      try await withCoordinator(runs, configuration) { coordinator, endpoint in
        func asking(_ keys: CurveKeyPair, _ body: @Sendable (CoordinatorClient) async throws -> Void) async throws {
          let security = ClientSecurity.curve(keys, server: server.publicKey)
          // On a busy machine an answer may take seconds. A request that is repeated then is an order of its own.
          try await CoordinatorClient.with(
            endpoint, security: security, patience: .seconds(100), resendInterval: .seconds(100)
          ) { try await body($0) }
        }
        try await asking(alice) { client in
          _ = try await client.submit(FleetFixture.run())
          _ = try await client.cancel(run: "run")
        }
        try await asking(bob) { client in
          _ = try await client.submit(FleetFixture.run())
          _ = try await client.retry(run: "run")
          _ = try await client.discard(run: "run", key: nil, worker: "w7")
        }
        try await coordinator.cancel("run")
      }
      let orders = try AtlasReader(path: runs.file(of: "run")).orders()
      #expect(orders.map(\.kind) == [.submit, .cancel, .submit, .retry, .discard, .cancel])
      #expect(orders.map(\.keyName) == ["alice", "alice", "", "", "", ""])
      let (a, b) = (alice.publicKey.text, bob.publicKey.text)
      #expect(orders.map(\.key) == [a, a, b, b, b, nil])
      #expect(orders.prefix(5).allSatisfy { $0.address == "127.0.0.1" } && orders[5].address == "")
      #expect(orders[4].detail.contains("w7") && orders.allSatisfy { $0.at > 0 })
    }
  }
}
