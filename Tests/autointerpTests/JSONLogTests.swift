// autointerp
// `JSONLogTests` tests the log lines of --log-format json.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Testing

@testable import autointerp

@Suite struct JSONLogTests {
  @Test func aLineIsOneObjectWithTheFactsAsFields() throws {
    let event = LogEvent(
      level: .warning, message: "two\nlines \"quoted\"", metadata: ["run": "r/1", "worker": "w"], source: "s",
      file: "f", function: "g", line: 1)
    let data = JSONLog.line(
      event, label: "autointerp.coordinator", metadata: ["run": "other", "key": "K"],
      at: Date(timeIntervalSince1970: 0.25))
    #expect(data.last == UInt8(ascii: "\n") && data.count { $0 == UInt8(ascii: "\n") } == 1)
    let fields = try JSONDecoder().decode([String: String].self, from: data)
    #expect(
      fields == [
        "time": "1970-01-01T00:00:00.250Z", "level": "warning", "logger": "autointerp.coordinator",
        "message": "two\nlines \"quoted\"", "run": "r/1", "worker": "w", "key": "K",
      ])
  }
}
