// autointerp
// `Program` runs the built `autointerp` as a process.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Runs the built `autointerp`, which is beside the test bundle.
enum Program {
  /// The output of a finished process.
  struct Result {
    var exitCode: Int32
    var output: String
    var errors: String
  }

  /// A running process. It is killed when the value goes away.
  final class Running {
    private let process = Process()
    private let output: URL
    private let errors = Pipe()
    private var errorText = ""

    fileprivate init(_ arguments: [String], in folder: URL) throws {
      output = folder.appending(path: "stdout-\(UUID().uuidString)")
      try Data().write(to: output)
      process.executableURL = try Program.location()
      process.arguments = arguments
      process.currentDirectoryURL = folder
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = errors
      try process.run()
    }

    deinit {
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var processID: pid_t { process.processIdentifier }
    var children: [pid_t] { Processes.children(of: processID) }

    func signal(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Blocks until it reports at least `count` finished prompts.
    ///
    /// - Throws: an error if it ends before that, or has finished all of them already.
    func waitForProgress(from count: Int, below end: Int) throws {
      while true {
        for line in errorText.split(separator: "\n") {
          guard let done = line.prefixMatch(of: #/(\d+)/\d+ prompts/#).flatMap({ Int($0.1) }), done >= count else {
            continue
          }
          guard done < end else { throw Missing(description: "too late: \(line)") }
          return
        }
        try readMore(until: "\(count) prompts are done")
      }
    }

    /// Blocks until a line of its errors contains `text`, and returns the line.
    ///
    /// - Throws: an error if it ends before that.
    @discardableResult
    func waitForLine(with text: String) throws -> String {
      while true {
        // The text after the last line break is not a complete line.
        let lines = errorText.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        if let line = lines.last(where: { $0.contains(text) }) { return String(line) }
        try readMore(until: "it says: \(text)")
      }
    }

    /// Reads the next piece of its errors.
    ///
    /// - Throws: an error if it has ended or is silent for two minutes.
    private func readMore(until what: String) throws {
      let descriptor = errors.fileHandleForReading.fileDescriptor
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      var ready: Int32
      repeat { ready = poll(&wait, 1, 120_000) } while ready < 0 && errno == EINTR
      guard ready > 0 else { throw Missing(description: "waited in vain until \(what); so far: \(errorText)") }
      let count = read(descriptor, &bytes, bytes.count)
      guard count > 0 else { throw Missing(description: "it ended: \(errorText)") }
      errorText += String(decoding: bytes[..<count], as: UTF8.self)
    }

    func finish() throws -> Result {
      errorText += String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      process.waitUntilExit()
      return Result(
        exitCode: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
        output: try String(contentsOf: output, encoding: .utf8), errors: errorText)
    }
  }

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// The folder of the test bundle, in which SwiftPM puts the products.
  static func location() throws -> URL {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let candidates = [Bundle.main.bundleURL, bundle].map { $0.appending(path: "autointerp") }
    guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
      throw Missing(description: "autointerp is at none of \(candidates.map(\.path))")
    }
    return found
  }

  static func start(_ arguments: [String], in folder: URL) throws -> Running { try Running(arguments, in: folder) }

  static func run(_ arguments: [String], in folder: URL) throws -> Result { try start(arguments, in: folder).finish() }
}
