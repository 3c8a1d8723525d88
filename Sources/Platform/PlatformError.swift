// autointerp
// `PlatformError` says which file or system call failed, and why.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A failure of the operating system or of a file.
package enum PlatformError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file cannot be used as asked.
  case file(path: String, problem: String)
  /// A file that must have content has none.
  case empty(path: String)
  /// The file system of a file has no room left.
  case diskFull(path: String)
  /// Another process holds the lock on a file.
  case inUse(path: String, holder: String)
  /// A system call failed.
  case system(operation: String, reason: String)

  package var description: String {
    switch self {
    case .file(let path, let problem): "\(path) \(problem)"
    case .empty(let path): "\(path) is empty"
    case .diskFull(let path): "\(path) cannot be written: its file system is full; free some space and try again"
    case .inUse(let path, let holder): "\(path) is in use by \(holder)"
    case .system(let operation, let reason): "\(operation): \(reason)"
    }
  }

  /// The error of the last failed call on a file. Call it before anything else can change `errno`.
  static func lastFailure(of path: String, _ problem: String) -> PlatformError {
    errno == ENOSPC || errno == EDQUOT
      ? .diskFull(path: path) : .file(path: path, problem: "\(problem): \(String(cString: strerror(errno)))")
  }
}
