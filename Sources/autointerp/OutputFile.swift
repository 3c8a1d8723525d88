// autointerp
// Where a command puts its result.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A file, or standard output.
struct OutputFile {
  private let path: String?

  /// Nil is standard output.
  init(_ path: String?) { self.path = path }

  /// Writes the whole result; a file is replaced only once all of it is written.
  func write(_ bytes: [UInt8]) throws {
    if let path {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } else {
      try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    }
  }
}
