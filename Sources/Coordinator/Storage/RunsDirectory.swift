// autointerp
// `RunsDirectory` is the folder that holds one SQLite file per run.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
internal import ClusterProtocol
internal import Foundation
internal import Platform
internal import Synchronization

/// The folder in which a coordinator keeps its runs, each as `NAME.sqlite`.
package struct RunsDirectory: RunStores {
  private static let suffix = ".sqlite"
  package let path: String
  /// Held by the coordinator that uses the folder.
  private let lock = FolderLock()

  /// Creates the folder if it does not exist.
  package init(path: String) throws(CoordinatorError) {
    self.path = path
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .runsDirectory(path: path, reason: "it cannot be created (\(error.localizedDescription))")
    }
  }

  /// The file of a run.
  package func file(of run: String) -> String { "\(path)/\(run)\(Self.suffix)" }

  package func openAll(softwareVersion: String, now: Int64) throws -> [Result<any RunStore, CoordinatorError>] {
    try lock.take(path)
    let files: [String]
    do {
      files = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(Self.suffix) }.sorted()
    } catch {
      throw CoordinatorError.runsDirectory(path: path, reason: error.localizedDescription)
    }
    removeUnfinishedRepairs()
    return try files.map { file in
      let run = String(file.dropLast(Self.suffix.count))
      do {
        return .success(try openExisting(run, softwareVersion: softwareVersion, now: now))
      } catch let error as CoordinatorError {
        // Another coordinator uses the folder.
        if case .runsDirectory = error { throw error }
        return .failure(error)
      }
    }
  }

  /// Removes what a repair that was killed has left, unless its last step had begun: then the repaired file may be the only
  /// whole one. A repair that is under way holds the lock of its run.
  private func removeUnfinishedRepairs() {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let suffixes = ["", "-wal", "-shm", "-journal", "-lock"].map { "\(Self.suffix).repair\($0)" }
    for file in files {
      guard let suffix = suffixes.first(where: file.hasSuffix) else { continue }
      let damaged = self.file(of: String(file.dropLast(suffix.count)))
      // The last step begins with a second name for the damaged file.
      let names = try? FileManager.default.attributesOfItem(atPath: damaged)[.referenceCount] as? Int
      guard names ?? 1 == 1, let lock = try? FileLock(protecting: damaged) else { continue }
      try? FileManager.default.removeItem(atPath: "\(path)/\(file)")
      lock.release()
    }
  }

  package func release() { lock.release() }

  package func openExisting(_ run: String, softwareVersion: String, now: Int64) throws -> any RunStore {
    do {
      let atlas = try RunAtlas(existing: file(of: run), softwareVersion: softwareVersion, now: now)
      let name = atlas.specification().name
      guard name == run else {
        try? atlas.close()
        throw CoordinatorError.misnamed(file: run, run: name.harmless, path: file(of: run))
      }
      return atlas
    } catch let error as AtlasError {
      switch error {
      case .inUse(let file, let holder):
        throw CoordinatorError.runsDirectory(path: path, reason: "\(file) is in use by \(holder)")
      case .diskFull: throw CoordinatorError.unavailable(run: run, reason: "\(error)")
      default: throw CoordinatorError.storage(run: run, reason: "\(error)")
      }
    }
  }

  package func open(
    _ specification: RunSpecification, softwareVersion: String, now: Int64
  ) throws -> any RunStore {
    let name = specification.name
    guard !name.isEmpty, name.utf8.count <= 200, name.first != ".", !name.contains("/"), name == name.harmless else {
      throw CoordinatorError.refused(
        reason: "\"\(name.harmless)\" cannot be the name of a run, because a run's name is also its file's name")
    }
    return try RunAtlas(
      path: file(of: name), specification: specification, softwareVersion: softwareVersion, now: now)
  }
}

/// The lock on a folder of runs, also on an empty one. Two coordinators in one folder would each see only some runs.
private final class FolderLock: Sendable {
  private let held = Mutex<FileLock?>(nil)

  func take(_ folder: String) throws(CoordinatorError) {
    do throws(PlatformError) {
      let lock = try FileLock(protecting: "\(folder)/.coordinator")
      held.withLock { $0 = lock }
    } catch {
      if case .inUse(_, let holder) = error {
        throw .runsDirectory(path: folder, reason: "it is in use by \(holder); a folder belongs to one coordinator")
      }
      throw .runsDirectory(path: folder, reason: "\(error)")
    }
  }

  func release() { held.withLock { $0 = nil } }
}
