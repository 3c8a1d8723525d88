// autointerp
// `JSONLog` writes log lines as JSON, one object a line.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Platform

/// The form of log lines on standard error.
enum LogFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text, json

  func logger(label: String, level: Logger.Level) -> Logger {
    var logger = Logger(label: label) { label in
      switch self {
      case .text: StreamLogHandler.standardError(label: label)
      case .json: JSONLog(label: label)
      }
    }
    logger.logLevel = level
    return logger
  }
}

/// Writes every line as an object with `time`, `level`, `logger` and `message`, and one text field for each fact, such as
/// `run`, `prompt`, `worker` and `key`.
struct JSONLog: LogHandler {
  private let label: String
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    // One write per line, which the system appends as a whole. If the log cannot be written, work goes on.
    try? FileHandle.standardError.write(contentsOf: Self.line(event, label: label, metadata: metadata, at: .now))
  }

  static func line(_ event: LogEvent, label: String, metadata: Logger.Metadata, at time: Date) -> Data {
    var fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
    fields["time"] = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    fields["level"] = event.level.rawValue
    fields["logger"] = label
    fields["message"] = "\(event.message)"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ((try? encoder.encode(fields)) ?? Data("{}".utf8)) + Data("\n".utf8)
  }
}
