// autointerp
// `LocalFleetTests` tests that `LocalFleet` restarts, gives up and stops worker processes.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Testing

@testable import autointerp

@Suite struct LocalFleetTests {
  let folder = FileManager.default.temporaryDirectory.appending(path: "fleet-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  /// A fleet of shell scripts. `$1` is the worker's number, `$2` the test's working file.
  private func fleet(_ script: String, count: Int, restarts: Int) -> LocalFleet {
    var policy = RestartPolicy()
    policy.limit = restarts
    policy.firstPause = .milliseconds(1)
    let (folder, file) = (folder.path, folder.appending(path: "file").path)
    return LocalFleet(
      "/bin/sh", count: count, policy: policy, arguments: { ["-c", script, "worker", "\($0)", file] },
      logPath: { "\(folder)/\($0).log" })
  }

  @Test func workersThatKeepDyingAreGivenUpWithTheirLastWords() async throws {
    let fleet = fleet("echo started; echo no such model >&2; exit 3", count: 2, restarts: 2)
    let error = await #expect(throws: LocalFleet.AllWorkersLost.self) { try await fleet.run() }
    #expect(error?.description.contains("exited with code 3") == true)
    #expect(error?.description.contains("\n  no such model") == true)
    for number in 1...2 {
      let log = try String(contentsOfFile: fleet.logPath(number), encoding: .utf8)
      #expect(log.split(separator: "\n").count { $0 == "started" } == 3)
    }
  }

  @Test func aWorkerThatIsKilledIsStartedAgain() async throws {
    // The first process kills itself. The second tells the test, which then stops the fleet.
    let fleet = fleet("test -e $2 || { : > $2; kill -9 $$; }; echo again > $2.again; cat", count: 1, restarts: 3)
    async let ended: Void = fleet.run()
    let told = folder.appending(path: "file.again")
    while !FileManager.default.fileExists(atPath: told.path) { await Task.yield() }
    await fleet.stop()
    try await ended
  }

  @Test func workersAreAskedToLeaveAndCleanUp() async throws {
    // The shell waits for its child in `wait`, which a trap interrupts. No child may stay behind.
    let fleet = fleet(
      "trap 'kill $!; echo left; exit 0' TERM; : > $2.$1; sleep 1000 & wait", count: 2, restarts: 0)
    async let ended: Void = fleet.run()
    for number in 1...2 {
      while !FileManager.default.fileExists(atPath: folder.appending(path: "file.\(number)").path) {
        await Task.yield()
      }
    }
    await fleet.stop()
    try await ended
    for number in 1...2 {
      #expect(try String(contentsOfFile: fleet.logPath(number), encoding: .utf8) == "left\n")
    }
  }

  @Test func aWorkerThatWillNotLeaveIsKilled() async throws {
    let fleet = fleet("trap '' TERM; : > $2; while :; do sleep 1; done", count: 1, restarts: 0)
    async let ended: Void = fleet.run()
    while !FileManager.default.fileExists(atPath: folder.appending(path: "file").path) { await Task.yield() }
    await fleet.stop()
    await fleet.kill()
    try await ended
  }

  @Test func aChildSeesTheEndOfItsInputWhenItsParentLetsGo() async throws {
    let log = folder.appending(path: "log").path
    // `cat` ends with its input. No other process may have the pipe open.
    var first: ChildProcess? = try ChildProcess("/bin/sh", arguments: ["-c", "cat; echo over"], logPath: log)
    let second = try ChildProcess("/bin/sh", arguments: ["-c", "cat"], logPath: log)
    let processID = try #require(first?.processID)
    first = nil
    var status: Int32 = 0
    #expect(waitpid(processID, &status, 0) == processID)
    #expect(try String(contentsOfFile: log, encoding: .utf8) == "over\n")
    second.signal(SIGKILL)
    #expect(await second.end() == .killed(signal: SIGKILL))
  }
}

@Suite struct RestartPolicyTests {
  @Test func pausesDoubleUntilTheWorkerIsGivenUp() {
    var policy = RestartPolicy()
    let pauses = (0..<6).map { _ in policy.pause(afterLife: .seconds(1)) }
    #expect(
      pauses == [.milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), nil])
  }

  @Test func aLongLifeForgivesEarlierDeaths() {
    var policy = RestartPolicy()
    for _ in 0..<5 { _ = policy.pause(afterLife: .zero) }
    #expect(policy.pause(afterLife: .seconds(60)) == .milliseconds(250))
  }
}
