// autointerp
// An exclusive lock that the system releases when its process dies.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// An advisory lock on a file next to the one it protects, held until `release` or the end of the process.
///
/// SQLite's own locks cannot be used for this: they would keep readers out as well.
final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock on `path` + "-lock".
  ///
  /// - Throws: `AtlasError.inUse` naming who holds it.
  init(protecting path: String) throws(AtlasError) {
    let lockPath = path + "-lock"
    descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw errno == ENOSPC
        ? .diskFull(path: path)
        : .failed(path: lockPath, detail: "cannot be opened: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      let holder = Self.holder(written: descriptor)
      close(descriptor)
      throw reason == EWOULDBLOCK
        ? .inUse(path: path, holder: holder)
        : .failed(path: lockPath, detail: "cannot be locked: \(String(cString: strerror(reason)))")
    }
    // Who holds it is for people only; that it cannot be written (full disk) is no reason to fail.
    let holder = "process \(getpid()) on \(ProcessInfo.processInfo.hostName)"
    if ftruncate(descriptor, 0) == 0 {
      _ = holder.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }
  }

  deinit { close(descriptor) }

  /// Gives the lock up before the end of the object.
  func release() { flock(descriptor, LOCK_UN) }

  private static func holder(written descriptor: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : "another process"
  }
}
