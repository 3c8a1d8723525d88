// autointerp
// `MappedFile` maps a whole file into memory for reading.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A regular file as bytes, mapped read-only. The last reference to the object unmaps it.
///
/// The file must not be shortened while it is mapped: the operating system kills a process that reads beyond its end.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  // @unchecked Sendable above: the pages are read-only and live exactly as long as this object.
  package let bytes: UnsafeRawBufferPointer

  /// - Throws: an error if the path cannot be opened or mapped, is empty, or is not a regular file.
  package init(_ path: String) throws(PlatformError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .lastFailure(of: path, "cannot be opened")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .lastFailure(of: path, "has a size that cannot be read")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .file(path: path, problem: "is not a regular file") }
    guard status.st_size > 0 else { throw .empty(path: path) }
    let count = Int(status.st_size)
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw .lastFailure(of: path, "cannot be mapped, \(count) bytes")
    }
    self.path = path
    self.bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  /// True if a file or folder exists at the path.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// True if the path is a folder.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Tells the operating system that a part of the file will be read soon.
  ///
  /// - Parameter part: a part of `bytes`.
  package func prefetch(_ part: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, let start = part.baseAddress else { return }
    let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (start - base) / pageBytes * pageBytes
    let end = start - base + part.count
    // This is only advice: if it fails, reading is slower and nothing else changes.
    _ = madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, MADV_WILLNEED)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }
}
