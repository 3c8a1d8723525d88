// autointerp
// `DaemonFaultTests` tests that killing or stopping a process of a fleet does not change the result's bytes.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A small part of what `scripts/chaos` does.
@Suite(.serialized, .enabled(if: Model.isThere, "scripts/fetch-model fetches the model"))
@BlockingTests struct DaemonFaultTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("domain.yaml", LocalRunTests.domain)
    try folder.write("baseline.txt", LocalRunTests.baseline)
    // A fault is noticed within two seconds.
    try folder.write(
      "cluster.toml",
      """
      [coordinator]
      heartbeat = "200ms"
      dead_after = "2s"

      [worker]
      drain_limit = "1s"
      """)
  }

  private func startDaemon(at endpoint: String = "tcp://127.0.0.1:0") throws -> (Program.Running, endpoint: String) {
    let daemon = try Program.start(
      ["coordinator", "--bind", endpoint, "--no-status", "--runs-dir", "runs"], in: folder.url)
    let line = try daemon.waitForLine(with: "Coordinator listening")
    return (daemon, String(try #require(line.firstMatch(of: #/endpoint=(\S+)/#)?.1)))
  }

  private func startWorker(_ name: String, at endpoint: String) throws -> Program.Running {
    try Program.start(["worker", "--connect", endpoint, "--model", Model.path, "--name", name], in: folder.url)
  }

  private func startClient(at endpoint: String) throws -> Program.Running {
    try Program.start(
      ["run", "--coordinator", endpoint, "--model", Model.path, "--prompts", "domain.yaml"]
        + ["--baseline", "baseline.txt", "-o", "out.json"], in: folder.url)
  }

  private func expectUndisturbedStatistics(from client: Program.Running) throws {
    let result = try client.finish()
    #expect(result.exitCode == 0, "\(result.errors)")
    let expected = try LocalRunTests.undisturbed.get()
    #expect(try folder.read("out.json") == expected)
  }

  @Test func aKilledCoordinatorGoesOnWhereItWas() throws {
    let (first, endpoint) = try startDaemon()
    let workers = try ["a", "b"].map { try startWorker($0, at: endpoint) }
    let client = try startClient(at: endpoint)
    try client.waitForProgress(from: 1, below: LocalRunTests.promptCount)
    first.signal(SIGKILL)
    _ = try first.finish()
    let (second, _) = try startDaemon(at: endpoint)
    try expectUndisturbedStatistics(from: client)
    for process in workers + [second] {
      process.signal(SIGTERM)
      #expect(try process.finish().exitCode == 0)
    }
  }

  @Test func aStoppedWorkerIsDoneWithoutAndComesBack() throws {
    let (daemon, endpoint) = try startDaemon()
    let stopped = try startWorker("stopped", at: endpoint)
    let client = try startClient(at: endpoint)
    try client.waitForProgress(from: 1, below: LocalRunTests.promptCount)
    stopped.signal(SIGSTOP)
    let other = try startWorker("other", at: endpoint)
    try daemon.waitForLine(with: "lost worker stopped")
    try expectUndisturbedStatistics(from: client)
    stopped.signal(SIGCONT)
    for process in [stopped, other, daemon] {
      process.signal(SIGTERM)
      #expect(try process.finish().exitCode == 0)
    }
  }
}
