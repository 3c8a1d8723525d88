// autointerp
// `RunFolder` is the folder of one run: its SQLite file and its logs.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Coordinator
internal import Foundation

/// The folder of a run without a coordinator elsewhere. It holds one run. Another run in the same folder is refused,
/// with the differences.
struct RunFolder: RunStores {
  let path: String

  var database: String { "\(path)/run.sqlite" }
  var log: String { "\(path)/coordinator.log" }
  func log(ofWorker number: Int) -> String { "\(path)/worker-\(number).log" }

  /// Creates the folder if it does not exist.
  func create() throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw CoordinatorError.runsDirectory(path: path, reason: "it cannot be created (\(error.localizedDescription))")
    }
  }

  func openAll(softwareVersion: String, now: Int64) throws -> [Result<any RunStore, CoordinatorError>] { [] }

  func openExisting(_ run: String, softwareVersion: String, now: Int64) throws -> any RunStore {
    try RunAtlas(existing: database, softwareVersion: softwareVersion, now: now)
  }

  func open(_ specification: RunSpecification, softwareVersion: String, now: Int64) throws -> any RunStore {
    try RunAtlas(path: database, specification: specification, softwareVersion: softwareVersion, now: now)
  }
}
