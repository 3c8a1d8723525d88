// autointerp
// A folder with one SQLite file a run.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
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
      do {
        return .success(
          try RunAtlas(existing: "\(path)/\(file)", softwareVersion: softwareVersion, now: now))
      } catch let error as AtlasError {
        if case .inUse(let file, let holder) = error {
          throw CoordinatorError.runsDirectory(path: path, reason: "\(file) is in use by \(holder)")
        }
        return .failure(.storage(run: String(file.dropLast(Self.suffix.count)), reason: "\(error)"))
      }
    }
  }

  package func open(
    _ specification: RunSpecification, softwareVersion: String, now: Int64
  ) throws -> any RunStore {
    let name = specification.name
    guard !name.isEmpty, name.utf8.count <= 200, name.first != ".", !name.contains("/"), !name.contains("\0") else {
      throw CoordinatorError.refused(reason: "\"\(name)\" cannot be the name of a run, which is the name of its file")
    }
    return try RunAtlas(
      path: file(of: name), specification: specification, softwareVersion: softwareVersion, now: now)
  }
}
