// autointerp
// `FileLog` writes log lines to a file.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Logging

/// Appends log lines to a file, for a command whose terminal shows something else.
struct FileLog: LogHandler {
  private let file: FileHandle
  private let label: String
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  init(label: String, file: FileHandle) {
    self.label = label
    self.file = file
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let line =
      "\(Date.now.formatted(.iso8601)) \(event.level) \(label): \(event.message)"
      + facts.map { " \($0.key)=\($0.value)" }.joined() + "\n"
    // One write per line, which the system appends as a whole. If the log cannot be written, work goes on.
    try? file.write(contentsOf: Data(line.utf8))
  }

  /// A logger that appends to `path`, or drops everything if the file cannot be opened.
  static func logger(label: String, path: String) -> Logger {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return Logger(label: label) { _ in SwiftLogNoOpLogHandler() } }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    return Logger(label: label) { FileLog(label: $0, file: file) }
  }
}
