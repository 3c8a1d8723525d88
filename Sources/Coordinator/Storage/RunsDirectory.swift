// autointerp
// A folder with one SQLite file a run.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
internal import ClusterProtocol
internal import Foundation

/// The folder in which a coordinator keeps its runs, each in `NAME.sqlite`.
package struct RunsDirectory: RunStores {
  private static let suffix = ".sqlite"
  package let path: String

  /// Makes the folder if it is not there.
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
    let files: [String]
    do {
      files = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(Self.suffix) }.sorted()
    } catch {
      throw CoordinatorError.runsDirectory(path: path, reason: error.localizedDescription)
    }
    return try files.map { file in
      let run = String(file.dropLast(Self.suffix.count))
      do {
        return .success(try openExisting(run, softwareVersion: softwareVersion, now: now))
      } catch let error as CoordinatorError {
        // Another coordinator has the folder.
        if case .runsDirectory = error { throw error }
        return .failure(error)
      }
    }
  }

  package func openExisting(_ run: String, softwareVersion: String, now: Int64) throws -> any RunStore {
    do {
      let atlas = try RunAtlas(existing: file(of: run), softwareVersion: softwareVersion, now: now)
      let name = try atlas.runName()
      guard name == run else {
        try? atlas.close()
        throw CoordinatorError.storage(
          run: run,
          reason: "\(file(of: run)) has the run \(name.harmless), as a copy would: move it out of this folder")
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
        reason: "\"\(name.harmless)\" cannot be the name of a run, which is the name of its file")
    }
    return try RunAtlas(
      path: file(of: name), specification: specification, softwareVersion: softwareVersion, now: now)
  }
}
