// autointerp
// A result file that is there as a whole or not at all.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Writes a file in pieces beside its place and then puts it there, so that readers see the old one or all of the new
/// one. What is no regular file, such as a pipe or `/dev/stdout`, is written as it is.
package struct ReplacedFile: ~Copyable {
  private let path: String
  /// Nil when the file is written in its place.
  private let temporary: String?
  private let descriptor: Int32
  private var isDone = false

  /// - Throws: `CoordinatorError.output`
  package init(_ path: String) throws(CoordinatorError) {
    self.path = path
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      temporary = nil
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      let name = "\(path).\(getpid()).part"
      temporary = name
      descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    }
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  /// Throws if a file at `path` could not be replaced; for what takes long before it has something to write.
  package static func check(_ path: String) throws(CoordinatorError) {
    var status = stat()
    // A pipe has its reader to wait for.
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR { return }
    _ = try ReplacedFile(path)
  }

  deinit {
    close(descriptor)
    if !isDone, let temporary { unlink(temporary) }
  }

  /// Appends a piece.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(CoordinatorError) {
    var start = 0
    while start < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(path) }
      start += count
    }
  }

  /// Puts the file in its place.
  package consuming func finish() throws(CoordinatorError) {
    if let temporary {
      guard rename(temporary, path) == 0 else { throw Self.failure(path) }
    }
    isDone = true
  }

  private static func failure(_ path: String) -> CoordinatorError {
    .output(path: path, reason: String(cString: strerror(errno)))
  }
}
