// autointerp
// `ScratchFile` is a file without a name that is gone when its owner is.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Bytes on the disk instead of in memory. One thread may append while others read what was appended before.
package final class ScratchFile: Sendable {
  private let descriptor: Int32
  private let folder: String

  /// - Throws: `PlatformError` if no file can be made in `folder`.
  package init(in folder: String) throws(PlatformError) {
    self.folder = folder
    descriptor = try Self.make(in: folder)
  }

  deinit { close(descriptor) }

  private static func make(in folder: String) throws(PlatformError) -> Int32 {
    // O_TMPFILE. Not every file system has it.
    let unnamed = open(folder, O_RDWR | O_CLOEXEC | 0o20200000, 0o600)
    if unnamed >= 0 { return unnamed }
    var template = Array("\(folder)/autointerp-XXXXXX".utf8CString)
    let named = mkstemp(&template)
    guard named >= 0 else { throw .lastFailure(of: folder, "cannot hold a temporary file") }
    _ = fcntl(named, F_SETFD, FD_CLOEXEC)
    unlink(template)
    return named
  }

  /// Writes `bytes` at `offset`.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(PlatformError) {
    var start = 0
    while start < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(start))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .lastFailure(of: folder, "cannot hold a temporary file") }
      start += count
    }
  }

  /// Reads at most `count` bytes from `offset`.
  package func read(at offset: Int64, count: Int) throws(PlatformError) -> [UInt8] {
    var (bytes, filled) = ([UInt8](repeating: 0, count: count), 0)
    while filled < count {
      let read = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
      }
      if read < 0, errno == EINTR { continue }
      guard read >= 0 else { throw .lastFailure(of: folder, "cannot be read") }
      if read == 0 { break }
      filled += read
    }
    bytes.removeLast(count - filled)
    return bytes
  }
}
