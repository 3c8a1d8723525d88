// autointerp
// `CommandLineTests` tests which arguments the command line accepts.
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

  @Test func theResolutionOfModulesIsBounded() throws {
    #expect(try ModulesCommand.parse(["run.sqlite", "--resolution", "2"]).resolution == 2)
    for resolution in ["0", "-1", "21", "nan"] {
      #expect(throws: (any Error).self, "\(resolution)") {
        try ModulesCommand.parse(["run.sqlite", "--resolution=\(resolution)"])
      }
    }
  }

  @Test func theShareOfSpotChecksIsAShare() throws {
    #expect(try RunCommand.parse(["--prompts", "p.txt", "--spot-check", "0.05"]).spotCheck == 0.05)
    #expect(try RunCommand.parse(["--prompts", "p.txt"]).spotCheck == nil)
    for share in ["-0.1", "1.1", "5%", "nan"] {
      #expect(throws: (any Error).self, "\(share)") {
        try RunCommand.parse(["--prompts", "p.txt", "--spot-check=\(share)"])
      }
    }
  }

  /// The values of a flag with two tokens end at the next flag, so the prompt behind them arrives as a third.
  @Test func aPromptMayFollowTheTwoTokensOfAContrast() throws {
    for arguments in [
      ["--contrast", " cold", " warm", "In winter"], ["In winter", "--contrast", " cold", " warm"],
      ["--why-edge", "3_88_0", "L_791_4", "In winter"],
    ] {
      _ = try GraphCommand.parse(arguments)
    }
    for arguments in [
      ["--contrast", " cold", "In winter"], ["--contrast", "a", "b", "c", "d"], ["x", "--contrast", "a", "b", "c"],
      ["--contrast", "a", "b"],
    ] {
      #expect(throws: (any Error).self) { try GraphCommand.parse(arguments) }
    }
    #expect(throws: (any Error).self) { try RunCommand.parse(["--prompts", "p.txt", "--contrast", "a", "b", "c"]) }
  }

  /// The values of --groups end at the next flag, so that a run behind them arrives as a third.
  @Test func aRunMayStandBeforeOrBehindTheGroupsThatAreCompared() throws {
    for arguments in [
      ["run", "--groups", "a", "b"], ["--groups", "a", "b", "run"], ["--groups", "a", "b", "--json", "run"],
      ["x", "y"],
      ["x", "y", "--group", "a"], ["run", "--halves", "1"],
    ] {
      _ = try CompareCommand.parse(arguments)
    }
    for arguments in [
      [], ["x"], ["x", "y", "z"], ["run", "--groups", "a"], ["run", "--groups", "a", "b", "c"],
      ["x", "y", "--halves", "1"],
      ["run", "--groups", "a", "b", "--halves", "1"], ["run", "--groups", "a", "b", "--group", "a"],
      ["x", "y", "--limit", "-1"],
    ] {
      #expect(throws: (any Error).self, "\(arguments)") { try CompareCommand.parse(arguments) }
    }
    #expect(throws: (any Error).self) { try ExportCommand.parse(["run", "--min-prompts", "3"]) }
    #expect(throws: (any Error).self) { try ExportCommand.parse(["run", "--graph-format", "graphml", "--edges"]) }
  }

  @Test func aNegativeTauIsOutOfRangeAndNotMissing() {
    let error = #expect(throws: (any Error).self) { try GraphCommand.parse(["--tau", "-1", "Hello"]) }
    #expect(error.map(GraphCommand.message(for:))?.contains("expected 0 to 1") == true)
  }
}
