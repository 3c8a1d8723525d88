// autointerp
// `FileLogTests` tests that the log of a local run keeps what earlier runs of its folder and other writers have written.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Testing

@testable import autointerp

@Suite struct FileLogTests {
  @Test func aRunThatIsResumedAddsToTheLogOfItsFolder() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    let folder = RunFolder(path: url.path)
    try folder.create()
    for word in ["first", "second"] {
      FileLog.logger(label: "coordinator", path: folder.log).info("\(word)", metadata: ["run": "r"])
    }
    // Coordinator and status port write to one file at the same time.
    let loggers = ["coordinator", "status"].map { FileLog.logger(label: $0, path: folder.log) }
    for number in 0..<4 { loggers[number % 2].warning("third \(number)") }
    let lines = try String(contentsOfFile: folder.log, encoding: .utf8).split(separator: "\n").map {
      $0.drop { $0 != " " }.dropFirst()
    }
    #expect(
      lines == [
        "info coordinator: first run=r", "info coordinator: second run=r", "warning coordinator: third 0",
        "warning status: third 1", "warning coordinator: third 2", "warning status: third 3",
      ])
  }

  /// A log that cannot be written must not keep the run from going on.
  @Test func aLogThatCannotBeOpenedIsDropped() {
    FileLog.logger(label: "coordinator", path: "/nowhere/at/all/coordinator.log").info("lost")
  }
}
