// autointerp
// What the command line takes.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import autointerp

@Suite struct CommandLineTests {
  /// One random key in 85 starts with a dash.
  @Test func aKeyThatStartsWithADashIsAKey() throws {
    let key = "-" + String(repeating: "a", count: 39)
    let worker = try WorkerCommand.parse(["--server-key", key, "--slots", "2"])
    #expect(worker.serverKey == key && worker.slots == 2)
    let run = try RunCommand.parse(["--prompts", "p.txt", "--server-key", key, "--coordinator", "tcp://h:1"])
    #expect(run.security.serverKey == key)
  }

  @Test func aDaemonHasItsOwnStatusPage() {
    #expect(throws: (any Error).self) {
      try RunCommand.parse(["--prompts", "p.txt", "--coordinator", "tcp://h:1", "--status", "1"])
    }
  }
}
