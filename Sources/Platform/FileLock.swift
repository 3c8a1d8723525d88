// autointerp
// `FileLock` holds an exclusive lock that the system releases when the process ends.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// An advisory lock on a file next to the one it protects, held until `release` or the end of the process.
///
/// SQLite's own locks cannot be used for this, because they would keep readers out as well.
package final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock on `path` + "-lock".
  ///
  /// - Throws: `PlatformError.inUse` naming the holder, `diskFull`, or `file` when the lock file cannot be used.
  package init(protecting path: String) throws(PlatformError) {
    // Set `self.descriptor` only once the lock is held. If a class's initialiser throws after its last property is set,
    // `deinit` runs too and would close the number again, which may then be another thread's file.
    descriptor = try Self.acquire(path)
  }

  deinit {
    // A process that another thread is just starting has a copy of the descriptor until it executes its program. The
    // close alone would leave the lock to that copy for a moment.
    release()
    close(descriptor)
  }

  /// Releases the lock before the object goes away.
  package func release() { flock(descriptor, LOCK_UN) }

  private static func acquire(_ path: String) throws(PlatformError) -> Int32 {
    let lockPath = path + "-lock"
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw .lastFailure(of: lockPath, "cannot be opened") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      let holder = holder(written: descriptor)
      close(descriptor)
      throw reason == EWOULDBLOCK
        ? .inUse(path: path, holder: holder)
        : .file(path: lockPath, problem: "cannot be locked: \(String(cString: strerror(reason)))")
    }
    writeHolder(to: descriptor)
    return descriptor
  }

  /// The holder's name is for people only, so a failure to write it (full disk) is ignored.
  private static func writeHolder(to descriptor: Int32) {
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let holder = "process \(getpid()) on \(host.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })"
    if ftruncate(descriptor, 0) == 0 {
      _ = holder.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }
  }

  private static func holder(written descriptor: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : "another process"
  }
}
