// autointerp
// `DaemonTests` tests `autointerp coordinator` as a process: reload, clients, and runs without workers.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.serialized) @BlockingTests struct DaemonTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func start(_ more: String...) throws -> (daemon: Program.Running, endpoint: String) {
    let daemon = try Program.start(
      ["coordinator", "--bind", "tcp://127.0.0.1:0", "--no-status", "--runs-dir", "runs"] + more, in: folder.url)
    let line = try daemon.waitForLine(with: "Coordinator listening")
    let endpoint = try #require(line.firstMatch(of: #/endpoint=(\S+)/#)?.1)
    return (daemon, String(endpoint))
  }

  private func keygen(_ name: String, _ role: String) throws -> String {
    let result = try Program.run(["keygen", name, "--role", role], in: folder.url)
    #expect(result.exitCode == 0, "\(result.errors)")
    return result.output
  }

  @Test func aHangUpReloadsTheAllowListAndTheDaemonStays() throws {
    _ = try keygen("head", "coordinator")
    let alice = try keygen("alice", "client")
    try folder.write("allowed", "")
    let (daemon, endpoint) = try start("--key-file", "head.key", "--allow", "allowed")
    try folder.write("allowed", alice)
    daemon.signal(SIGHUP)
    try daemon.waitForLine(with: "Allow-list read again")
    let runs = try Program.run(
      ["runs", "--coordinator", endpoint, "--key-file", "alice.key", "--server-key", "head.pub"], in: folder.url)
    #expect(runs.exitCode == 0 && runs.output == "There are no runs.\n", "\(runs.errors)")
    daemon.signal(SIGTERM)
    #expect(try daemon.finish().exitCode == 0)
  }

  @Test func aHangUpOfADaemonWithoutKeysIsHarmless() throws {
    let (daemon, _) = try start()
    daemon.signal(SIGHUP)
    try daemon.waitForLine(with: "there is no allow-list")
    daemon.signal(SIGTERM)
    #expect(try daemon.finish().exitCode == 0)
  }

  @Test func retryOfARunWithNothingQuarantinedSaysSo() throws {
    let (daemon, endpoint) = try start()
    try folder.write("prompts.txt", "One and one is\n")
    let run = try Program.start(
      ["run", "--coordinator", endpoint, "--prompts", "prompts.txt", "--model", "model.gguf"], in: folder.url)
    try run.waitForLine(with: "waiting for workers")
    let runs = try Program.run(["runs", "--json", "--coordinator", endpoint], in: folder.url)
    let name = try #require(runs.output.firstMatch(of: #/"name" : "([^"]+)"/#)?.1)
    let retry = try Program.run(["retry", String(name), "--coordinator", endpoint], in: folder.url)
    #expect(retry.exitCode == 0)
    #expect(retry.output == "no prompt of \(name) is quarantined: nothing to retry\n")
    let unknown = try Program.run(["retry", "another", "--coordinator", endpoint], in: folder.url)
    #expect(unknown.exitCode == 2)
    run.signal(SIGINT)
    #expect(try run.finish().exitCode == 128 + SIGINT)
    daemon.signal(SIGTERM)
    _ = try daemon.finish()
  }
}
