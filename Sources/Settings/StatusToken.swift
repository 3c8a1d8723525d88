// autointerp
// `StatusToken` reads the status port's bearer token from its file.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A token file that cannot be used.
package struct StatusTokenError: Error, Equatable, CustomStringConvertible {
  package var path: String
  package var problem: String

  package var description: String { "token file \(path): \(problem)" }
}

package enum StatusToken {
  /// The environment variable that takes precedence over any file.
  package static let variable = "AUTOINTERP_STATUS_TOKEN"
  private static let maximumBytes = 4096

  /// The text of the file without blanks and line ends around it.
  ///
  /// - Throws: an error if others may read the file, if it cannot be read, or if it is not one line of text.
  package static func read(_ path: String) throws(StatusTokenError) -> String {
    func failure(_ problem: String) -> StatusTokenError { StatusTokenError(path: path, problem: problem) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot be opened: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw failure("is not a regular file")
    }
    let mode = status.st_mode & 0o777
    guard mode & 0o077 == 0 else {
      throw failure("others may read it, its mode is 0\(String(mode, radix: 8)): run 'chmod 600 \(path)'")
    }
    var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + filled, $0.count - filled) }
      guard count >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      filled += count
    }
    guard filled <= maximumBytes else { throw failure("has more than \(maximumBytes) bytes") }
    let text = String(decoding: bytes.prefix(filled), as: UTF8.self)
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty else { throw failure("is empty") }
    guard !token.contains(where: \.isNewline) else { throw failure("has more than one line") }
    return token
  }
}
