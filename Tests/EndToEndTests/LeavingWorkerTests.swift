// autointerp
// `LeavingWorkerTests` tests workers that end when they have no work or no coordinator, as a batch system needs it.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.serialized, .enabled(if: Model.isThere, "scripts/fetch-model fetches the model"))
@BlockingTests struct LeavingWorkerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func startDaemon() throws -> (Program.Running, endpoint: String) {
    let daemon = try Program.start(
      ["coordinator", "--bind", "tcp://127.0.0.1:0", "--no-status", "--runs-dir", "runs"], in: folder.url)
    let line = try daemon.waitForLine(with: "Coordinator listening")
    return (daemon, String(try #require(line.firstMatch(of: #/endpoint=(\S+)/#)?.1)))
  }

  /// A busy machine may keep a worker from a lease for seconds, so it must not give up or leave before.
  private func startWorker(at endpoint: String, givesUpAfter seconds: Int = 120) throws -> Program.Running {
    try Program.start(
      [
        "worker", "--connect", endpoint, "--model", Model.path, "--leave-when-idle", "8",
        "--give-up-after", "\(seconds)",
      ], in: folder.url)
  }

  @Test func workerWithoutWorkEndsWithSuccessOnceItsPromptsAreDone() throws {
    let (daemon, endpoint) = try startDaemon()
    try folder.write("prompts.txt", "One and one is\nThe capital of France is\n")
    let client = try Program.start(
      ["run", "--coordinator", endpoint, "--model", Model.path, "--prompts", "prompts.txt", "-o", "out.json"],
      in: folder.url)
    try client.waitForLine(with: "waiting for workers")
    let worker = try startWorker(at: endpoint)
    #expect(try client.finish().exitCode == 0)
    let end = try worker.finish()
    #expect(end.exitCode == 0, "\(end.errors)")
    #expect(end.errors.contains("leaving: nothing to do for 8 s"))
    daemon.signal(SIGTERM)
    _ = try daemon.finish()
  }

  @Test func workerWhoseCoordinatorIsGoneEndsWithFailure() throws {
    let (daemon, endpoint) = try startDaemon()
    // This worker has no time to become idle: it never finds a coordinator.
    daemon.signal(SIGTERM)
    _ = try daemon.finish()
    let end = try startWorker(at: endpoint, givesUpAfter: 3).finish()
    #expect(end.exitCode != 0)
    #expect(end.errors.contains("nothing heard from the coordinator for 3 s"))
  }
}
