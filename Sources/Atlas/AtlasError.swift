// autointerp
// `AtlasError` says what is wrong with a run's file.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB

/// A failure of a run's file. Every case names the file.
package enum AtlasError: Error, Equatable {
  /// Another process, or another part of this one, coordinates this run.
  case inUse(path: String, holder: String)
  /// The file to resume does not exist.
  case missing(path: String)
  /// The file belongs to another application.
  case notAnAtlas(path: String, detail: String)
  /// Newer software wrote the file.
  case newerFormat(path: String, found: Int, supported: Int)
  /// Earlier software wrote the file, and its graphs cannot be read.
  case earlierGraphs(path: String, found: Int)
  /// Older software wrote the file, and a reader may not change it.
  case olderFormat(path: String, found: Int)
  /// The file holds a run with another corpus, model or settings. Each difference is one line.
  case differentRun(path: String, differences: [String])
  /// The file's content is damaged.
  case corrupt(path: String, detail: String)
  /// Nothing was written, because the file system is full.
  case diskFull(path: String)
  /// Any other error of SQLite or the system.
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
      "\(path) is not the file of a run (\(detail)): choose another --run-dir, this file was not changed"
    case .newerFormat(let path, let found, let supported):
      "\(path) has format \(found), this autointerp reads up to \(supported): use the newer autointerp that wrote it"
    case .earlierGraphs(let path, let found):
      "\(path) has format \(found), of an earlier autointerp whose graphs have one score and no rule: run the prompts "
        + "again under another name, or read this file with the version that wrote it; it was not changed"
    case .olderFormat(let path, let found):
      "\(path) has format \(found) of an earlier autointerp: start a coordinator on its folder once, which brings it to "
        + "format \(AtlasSchema.currentVersion)"
    case .differentRun(let path, let differences):
      "\(path) holds another run, so it cannot be resumed with this command:\n"
        + differences.map { "  \($0)\n" }.joined()
        + "give the new run another --name (or --run-dir), or ask for the old settings to resume this one"
    case .corrupt(let path, let detail):
      "\(path) is damaged (\(detail)): `autointerp check \(path)` says what is lost and --repair keeps what is sound; "
        + "or restore it from a backup, or move it away to start the run anew"
    case .diskFull(let path):
      "no room left on the file system of \(path): nothing was lost that had been acknowledged; free some space and "
        + "start again to resume"
    case .failed(let path, let detail):
      "\(path): \(detail)"
    }
  }
}

extension AtlasError {
  /// Classifies an error that GRDB threw while it worked on `path`.
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

  /// If the disk is full, growing the shared-memory file fails with a plain I/O error.
  private static func hasNoRoom(at path: String) -> Bool {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 1 << 20
  }
}

/// The error of a caller's closure, on its way through SQLite's errors.
private struct VisitorError: Error { let error: any Error }

/// Calls a caller's closure inside of `surfacingVisits`, which throws its error as it is.
func visiting(_ body: () throws -> Void) throws {
  do { try body() } catch { throw VisitorError(error: error) }
}

/// Runs `body` and turns its errors into an `AtlasError` about `path`, except those in `visiting`.
func surfacingVisits<T>(_ path: String, _ body: () throws -> T) throws -> T {
  do { return try body() } catch let error as VisitorError { throw error.error } catch {
    throw AtlasError(error, path: path)
  }
}

/// Runs `body` and turns its errors into an `AtlasError` about `path`.
func surfacing<T>(_ path: String, _ body: () throws -> T) throws(AtlasError) -> T {
  do {
    return try body()
  } catch {
    throw AtlasError(error, path: path)
  }
}
