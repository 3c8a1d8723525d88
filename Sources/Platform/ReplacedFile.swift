// autointerp
// `ReplacedFile` writes a file completely or not at all.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Writes a file in pieces under a temporary name in the same folder and renames it at the end. Readers see either the
/// old file or the complete new one, even after a power failure.
///
/// A symbolic link is kept: the file it points to is replaced. Anything that is not a regular file, such as a pipe or
/// `/dev/stdout`, is written directly. The temporary file is locked while it is written. If it is not locked, its
/// process has died, and the next writer of the same file removes it.
package struct ReplacedFile: ~Copyable {
  private let path: String
  /// Nil if the file is written directly.
  private let temporary: String?
  private var descriptor: Int32

  /// - Throws: `PlatformError` if the file cannot be created.
  package init(_ path: String) throws(PlatformError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      self.path = path
      temporary = nil
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      let target = Self.resolved(path)
      Self.removeAbandonedParts(of: target)
      var random = SystemRandomNumberGenerator()
      let name = "\(target).\(String(UInt32.random(in: 0...UInt32.max, using: &random), radix: 16)).part"
      self.path = target
      temporary = name
      descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
      if descriptor >= 0 { flock(descriptor, LOCK_EX | LOCK_NB) }
    }
    guard descriptor >= 0 else { throw .lastFailure(of: path, "cannot be written") }
  }

  /// Throws if a file at `path` could not be replaced. Call it before long work whose result goes there.
  package static func check(_ path: String) throws(PlatformError) {
    var status = stat()
    // Opening a pipe would wait for its reader.
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR { return }
    _ = try ReplacedFile(path)
  }

  deinit {
    guard descriptor >= 0 else { return }
    if let temporary { unlink(temporary) }
    close(descriptor)
  }

  /// Appends a piece.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(PlatformError) {
    var start = 0
    while start < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .lastFailure(of: path, "cannot be written") }
      start += count
    }
  }

  /// Moves the file into place, durably: first the content, then the name.
  package consuming func finish() throws(PlatformError) {
    if let temporary {
      guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
        throw .lastFailure(of: path, "cannot be written")
      }
    }
    let (finished, inFolder) = (descriptor, temporary != nil)
    descriptor = -1
    // A network file system may report the last write error only now.
    guard close(finished) == 0 else { throw .lastFailure(of: path, "cannot be written") }
    if inFolder { try Self.synchronizeFolder(of: path) }
  }

  /// Puts the complete file `new` in the place of `path`, durably. The old file stays under the name `kept`, with its
  /// companions: files whose names are `path` and a suffix.
  ///
  /// - Throws: `PlatformError` if there is a file named `kept`, or if something cannot be moved. Everything then has its
  ///   old name.
  package static func swap(
    _ new: String, into path: String, keeping kept: String, companions: [String]
  ) throws(PlatformError) {
    let descriptor = open(new, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .lastFailure(of: new, "cannot be made durable") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .lastFailure(of: new, "cannot be made durable") }
    // A link never replaces a file.
    guard link(path, kept) == 0 else { throw .lastFailure(of: kept, "cannot be written") }
    var moved: [String] = []
    do throws(PlatformError) {
      for suffix in companions {
        if link(path + suffix, kept + suffix) == 0 {
          moved.append(suffix)
          unlink(path + suffix)
        } else if errno != ENOENT {
          throw .lastFailure(of: kept + suffix, "cannot be written")
        }
      }
      guard rename(new, path) == 0 else { throw .lastFailure(of: path, "cannot be replaced") }
    } catch {
      for suffix in moved { rename(kept + suffix, path + suffix) }
      unlink(kept)
      throw error
    }
    try synchronizeFolder(of: path)
  }

  /// The file at the end of a chain of symbolic links, or the path itself if it is not a link. The file need not exist.
  private static func resolved(_ path: String) -> String {
    var path = path
    // As many links as Linux follows.
    for _ in 0..<40 {
      if let resolved = realpath(path, nil) {
        defer { free(resolved) }
        return String(cString: resolved)
      }
      var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
      let count = readlink(path, &target, target.count - 1)
      guard count > 0 else { return path }
      let text = String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      path = text.hasPrefix("/") ? text : "\(folder(of: path))/\(text)"
    }
    return path
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Makes the names of files in the folder of `path` durable.
  package static func synchronizeFolder(of path: String) throws(PlatformError) {
    let folder = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .lastFailure(of: path, "cannot be made durable") }
    defer { close(folder) }
    // Some file systems cannot synchronise a folder and return EINVAL.
    guard fsync(folder) == 0 || errno == EINVAL else { throw .lastFailure(of: path, "cannot be made durable") }
  }

  private static func removeAbandonedParts(of path: String) {
    let (folder, name) = (folder(of: path), path.split(separator: "/").last.map(String.init) ?? path)
    guard let entries = opendir(folder) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let found = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard found.hasPrefix(name + "."), found.hasSuffix(".part"),
        found.utf8.count <= name.utf8.count + ".ffffffff.part".utf8.count,
        found.dropFirst(name.count + 1).dropLast(5).allSatisfy(\.isHexDigit)
      else { continue }
      let part = open("\(folder)/\(found)", O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
      guard part >= 0 else { continue }
      // A part is locked shortly after its creation, so a new one is left alone.
      var status = stat()
      if fstat(part, &status) == 0, time(nil) - status.st_mtim.tv_sec > 60, flock(part, LOCK_EX | LOCK_NB) == 0 {
        unlink("\(folder)/\(found)")
      }
      close(part)
    }
  }
}
