// autointerp
// A file mapped read-only into memory.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A whole regular file as bytes, mapped read-only and unmapped when the last reference goes.
///
/// The file must not be shortened while it is mapped: the operating system ends a process that reads beyond its end.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  // @unchecked Sendable above: the pages are read-only and live exactly as long as this object.
  package let bytes: UnsafeRawBufferPointer

  /// - Throws: when the path cannot be opened, is not a regular file, is empty or cannot be mapped.
  package init(_ path: String) throws(CheckpointError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CheckpointError(path: path, "cannot open: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw CheckpointError(path: path, "cannot read its size: \(String(cString: strerror(errno)))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw CheckpointError(path: path, "not a regular file") }
    guard status.st_size > 0 else { throw CheckpointError(path: path, offset: 0, "the file is empty") }
    let count = Int(status.st_size)
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw CheckpointError(path: path, "cannot map \(count) bytes: \(String(cString: strerror(errno)))")
    }
    self.path = path
    self.bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  /// Whether there is anything at a path.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether there is a folder at a path.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Tells the operating system that a part will be read soon.
  ///
  /// - Parameter part: a part of `bytes`.
  func prefetch(_ part: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, let start = part.baseAddress else { return }
    let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (start - base) / pageBytes * pageBytes
    let end = start - base + part.count
    // Only advice: a failure changes nothing but the speed.
    _ = madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, MADV_WILLNEED)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }
}
