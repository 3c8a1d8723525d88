// autointerp
// Where a command puts its result.
// SPDX-License-Identifier: Apache-2.0

internal import Coordinator
internal import Foundation

/// A file, or standard output.
struct OutputFile {
  private let path: String?

  /// Nil is standard output.
  init(_ path: String?) { self.path = path }

  /// Throws if nothing could be written there.
  func check() throws {
    if let path { try ReplacedFile.check(path) }
  }

  /// Writes the whole result; a file is replaced only once all of it is written.
  func write(_ bytes: [UInt8]) throws {
    if let path {
      let file = try ReplacedFile(path)
      try bytes.withUnsafeBytes { try file.write($0) }
      try file.finish()
    } else {
      try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    }
  }
}
