// autointerp
// What can go wrong with the file of a run.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB

/// A failure of the run's file; every case names the file.
package enum AtlasError: Error, Equatable {
  /// Another process (or another part of this one) coordinates this run.
  case inUse(path: String, holder: String)
  /// The file to resume from is not there.
  case missing(path: String)
  /// The file belongs to something else.
  case notAnAtlas(path: String, detail: String)
  /// The file was written by newer software.
  case newerFormat(path: String, found: Int, supported: Int)
  /// The file holds a run with another corpus, model or settings; one line a difference.
  case differentRun(path: String, differences: [String])
  /// The file's content cannot be trusted.
  case corrupt(path: String, detail: String)
  /// Nothing was written: the file system has no room.
  case diskFull(path: String)
  /// Anything else that SQLite or the system reports.
  case failed(path: String, detail: String)
}

extension AtlasError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .inUse(let path, let holder):
      "\(path) is in use by \(holder): one coordinator at a time may work on a run"
    case .missing(let path):
      "\(path) does not exist: there is no run to resume"
    case .notAnAtlas(let path, let detail):
      "\(path) is not the file of a run (\(detail)): choose another --run-dir, it is left as it is"
    case .newerFormat(let path, let found, let supported):
      "\(path) has format \(found), this autointerp reads up to \(supported): use the newer autointerp that wrote it"
    case .differentRun(let path, let differences):
      "\(path) holds another run, so it cannot be resumed with this command:\n"
        + differences.map { "  \($0)\n" }.joined()
        + "give the new run another --name (or --run-dir), or ask for the old settings to resume this one"
    case .corrupt(let path, let detail):
      "\(path) is damaged (\(detail)): restore it from a backup, or move it away to start the run anew"
    case .diskFull(let path):
      "no room left on the file system of \(path): nothing was lost that had been acknowledged; free some space and "
        + "start again to resume"
    case .failed(let path, let detail):
      "\(path): \(detail)"
    }
  }
}

extension AtlasError {
  /// Classifies what GRDB threw while working on `path`.
  init(_ error: any Error, path: String) {
    switch error {
    case let error as AtlasError:
      self = error
    case let error as DatabaseError:
      self.init(error, path: path)
    default:
      self = .failed(path: path, detail: String(describing: error))
    }
  }

  private init(_ error: DatabaseError, path: String) {
    let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_FULL:
      self = .diskFull(path: path)
    case .SQLITE_CORRUPT:
      self = .corrupt(path: path, detail: detail)
    case .SQLITE_NOTADB:
      self = .notAnAtlas(path: path, detail: detail)
    case .SQLITE_IOERR where Self.hasNoRoom(at: path):
      self = .diskFull(path: path)
    default:
      self = .failed(path: path, detail: "\(detail) (SQLite error \(error.extendedResultCode.rawValue))")
    }
  }

  /// Growing the shared-memory file fails with a plain I/O error when the disk is full.
  private static func hasNoRoom(at path: String) -> Bool {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 1 << 20
  }
}

/// Runs `body`, turning what it throws into an `AtlasError` about `path`.
func surfacing<T>(_ path: String, _ body: () throws -> T) throws(AtlasError) -> T {
  do {
    return try body()
  } catch {
    throw AtlasError(error, path: path)
  }
}
