// autointerp
// `ScriptedEndpoint` runs the scripted chat-completions endpoint of the fixtures in a process of its own.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Ends with this object. Closing its standard input would not do: processes that other tests start meanwhile may hold a copy.
final class ScriptedEndpoint {
  let url: String
  private let process = Process()
  private let input = Pipe()

  init() throws {
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/chat-endpoint").path,
    ]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    url = "http://127.0.0.1:\(port.trimmingCharacters(in: .whitespacesAndNewlines))/v1"
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
