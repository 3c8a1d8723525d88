// autointerp
// `RunIndex` opens the index beside a run's file, and makes it first if there is none of the run's present results.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import Circuits
internal import Foundation
package import GRDB

/// What is derived from a run's committed deltas, in an SQLite file of its own.
///
/// The run's file belongs to its coordinator, which may be writing, so that the index stands beside it: `RUN.sqlite-index`,
/// or in the user's cache if the run's folder cannot be written. It is keyed by a digest of the committed deltas: `open`
/// builds a new one if there is none or the run has gone on, in a temporary file that is renamed when it is complete. Several
/// processes may do so at once. The file may be deleted at any time.
package final class RunIndex: Sendable {
  /// The run's file.
  package let path: String
  package let specification: RunSpecification
  /// The state of the run that this index describes.
  package let state: AtlasState
  package let reader: AtlasReader
  /// How long building took; nil if an existing index was opened.
  package let buildTime: Duration?
  /// The index itself.
  package let place: String
  let queue: DatabaseQueue

  /// Opens the index of the run at `path` as the run stands now, and builds it if necessary. Blocks.
  ///
  /// - Throws: `AtlasError` about the run's file, `RunIndexError` about the index.
  package static func open(_ path: String) throws -> RunIndex {
    let reader = try AtlasReader(path: path)
    return try open(reader, specification: try reader.specification())
  }

  static func open(_ reader: AtlasReader, specification: RunSpecification) throws -> RunIndex {
    let state = try reader.state()
    let places = IndexLocation.places(for: reader.path)
    for place in places {
      if let index = try? RunIndex(reader, specification, state, at: place, buildTime: nil) { return index }
    }
    var reason = ""
    for place in places {
      do {
        let start = ContinuousClock.now
        let built = try build(reader, specification, at: place)
        return try RunIndex(reader, specification, built, at: place, buildTime: .now - start)
      } catch let error as RunIndexError {
        throw error
      } catch let error as AtlasError {
        throw error
      } catch {
        reason = "\(error)"
      }
    }
    throw RunIndexError.noPlace(path: reader.path, reason: reason)
  }

  private static func build(_ reader: AtlasReader, _ specification: RunSpecification, at place: String) throws
    -> AtlasState
  {
    let folder = (place as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard FileManager.default.isWritableFile(atPath: folder) else { throw CocoaError(.fileWriteNoPermission) }
    removeAbandonedParts(of: place, in: folder)
    let temporary = "\(place).\(UInt32.random(in: 0...UInt32.max)).part"
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    var builder = RunIndexBuilder(reader, specification: specification)
    let state = try builder.build(at: temporary)
    // A file whose name is durable but whose content is not would be taken for an index after a power failure.
    if let file = FileHandle(forReadingAtPath: temporary) {
      try? file.synchronize()
      try? file.close()
    }
    guard rename(temporary, place) == 0 else { throw CocoaError(.fileWriteUnknown) }
    return state
  }

  /// Removes what processes left that ended while they wrote. A part that is being written is changed every few seconds.
  private static func removeAbandonedParts(of place: String, in folder: String) {
    let files = FileManager.default
    let prefix = (place as NSString).lastPathComponent + "."
    for name in (try? files.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix(prefix) && name.hasSuffix(".part") {
      let changed = (try? files.attributesOfItem(atPath: "\(folder)/\(name)"))?[.modificationDate] as? Date
      if let changed, changed.timeIntervalSinceNow < -600 { try? files.removeItem(atPath: "\(folder)/\(name)") }
    }
  }

  /// Throws if the file at `place` is no index of this state.
  private init(
    _ reader: AtlasReader, _ specification: RunSpecification, _ state: AtlasState, at place: String,
    buildTime: Duration?
  ) throws {
    var configuration = Configuration()
    configuration.readonly = true
    queue = try DatabaseQueue(path: place, configuration: configuration)
    path = reader.path
    self.place = place
    self.reader = reader
    self.specification = specification
    self.state = state
    self.buildTime = buildTime
    try queue.read { db in
      let found = try Row.fetchAll(db, sql: "SELECT key, value FROM info WHERE key IN ('format', 'digest', 'run')")
      let info = Dictionary(uniqueKeysWithValues: found.map { ($0["key"] as String, $0["value"] as DatabaseValue) })
      guard info["format"] == RunIndexSchema.format.databaseValue, info["digest"] == state.digest.databaseValue,
        info["run"] == specification.name.databaseValue
      else { throw RunIndexError.failed(path: place, reason: "it is the index of another state") }
    }
  }

  /// Runs queries. Errors name the run's file.
  package func read<T>(_ body: (Database) throws -> T) throws -> T {
    do {
      return try queue.read(body)
    } catch let error as DatabaseError {
      throw RunIndexError.failed(path: path, reason: error.message ?? "\(error)")
    }
  }
}
