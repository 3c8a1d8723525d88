// autointerp
// `RunIndexError` says why the index of a run could not be made, opened or queried, and what to do.
// SPDX-License-Identifier: Apache-2.0

/// A failure of an index. Every case names the file.
package enum RunIndexError: Error, Equatable, CustomStringConvertible {
  /// A stored result cannot be read.
  case damaged(path: String, prompt: Int32, reason: String)
  /// No folder for the index can be written.
  case noPlace(path: String, reason: String)
  /// SQLite failed.
  case failed(path: String, reason: String)

  package var description: String {
    switch self {
    case .damaged(let path, let prompt, let reason):
      "\(path): the stored result of prompt \(prompt) is damaged (\(reason)); restore the file from a backup"
    case .noPlace(let path, let reason):
      "\(path) cannot be indexed: neither its folder nor the user's cache folder can be written (\(reason))"
    case .failed(let path, let reason): "\(path): \(reason)"
    }
  }
}
