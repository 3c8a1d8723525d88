// autointerp
// `OutputFile` writes a command's whole result, or nothing, to a file or to standard output.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A file, or standard output.
package struct OutputFile {
  private let path: String?

  /// Nil means standard output.
  package init(_ path: String?) { self.path = path }

  /// Throws if nothing could be written there.
  package func check() throws(PlatformError) {
    if let path { try ReplacedFile.check(path) }
  }

  /// Writes the whole result. A file is replaced only when all of it is written.
  package func write(_ bytes: [UInt8]) throws(PlatformError) {
    guard let path else { return try writeToStandardOutput(bytes) }
    let file = try ReplacedFile(path)
    try bytes.withUnsafeBufferPointer { bytes throws(PlatformError) in try file.write(UnsafeRawBufferPointer(bytes)) }
    try file.finish()
  }

  private func writeToStandardOutput(_ bytes: [UInt8]) throws(PlatformError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .lastFailure(of: "standard output", "cannot be written") }
      rest.removeFirst(count)
    }
  }
}
