// autointerp
// `RunMerge` writes the file of one run from the results of several runs.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
internal import Foundation

/// Combines the results of runs of one model, template and set of attribution settings. The statistics are those that one run
/// of all these prompts would have, because they are made from the same results.
package enum RunMerge {
  /// What can be combined of some files.
  package struct Sources: Sendable {
    package var paths: [String]
    /// The runs in the files, with those prompts only that have results.
    package var runs: [RunSpecification]
    /// How many prompts have no result in their file, all files together.
    package var openPrompts: Int
    package var kernels: Set<String>
  }

  /// Reads what the files are. Blocks.
  ///
  /// - Throws: an `AtlasError`, also if they cannot be combined, with the reasons.
  package static func sources(_ paths: [String], allowsMixedKernels: Bool) throws -> Sources {
    var sources = Sources(paths: paths, runs: [], openPrompts: 0, kernels: [])
    for path in paths {
      let reader = try AtlasReader(path: path)
      var run = try reader.specification()
      let finished = try reader.finished()
      sources.openPrompts += run.prompts.count - finished.prompts.count
      let (all, count) = (run.prompts, Int32(run.prompts.count))
      run.prompts = finished.prompts.filter { $0 >= 0 && $0 < count }.map { all[Int($0)] }
      if let first = sources.runs.first {
        let obstacles = ResultTransfer.obstacles(between: run, and: first)
        guard obstacles.isEmpty else {
          throw AtlasError.failed(
            path: path,
            detail: "it cannot be combined with \(paths[0]):\n" + obstacles.map { "  \($0)" }.joined(separator: "\n"))
        }
      }
      sources.runs.append(run)
      sources.kernels.formUnion(finished.kernels)
    }
    guard sources.kernels.count < 2 || allowsMixedKernels else {
      throw AtlasError.failed(
        path: paths.joined(separator: ", "),
        detail:
          "different BLAS kernels computed the results (\(sources.kernels.sorted().joined(separator: ", "))), so that "
          + "their last bits may differ; --allow-mixed-kernels combines them, and exports then name the kernels")
    }
    guard sources.runs.contains(where: { !$0.prompts.isEmpty }) else {
      throw AtlasError.failed(path: paths.joined(separator: ", "), detail: "no file has a result yet")
    }
    return sources
  }

  /// Writes the file of `specification`, a run of the prompts of all sources. Blocks.
  ///
  /// - Parameters:
  ///   - specification: of the new run.
  ///   - sources: the files, as `sources` has read them.
  ///   - path: of the new file.
  ///   - softwareVersion: recorded in the file.
  ///   - now: in milliseconds since 1970.
  /// - Returns: how many results came from each source.
  /// - Throws: `CoordinatorError.damagedDelta` if two files have different results of one prompt; an `AtlasError` if there is
  ///   a file at `path` already, or if reading or writing fails. Then there is no new file.
  package static func write(
    _ specification: RunSpecification, from sources: Sources, to path: String, softwareVersion: String, now: Int64
  ) throws -> [Int] {
    try create(specification, at: path, softwareVersion: softwareVersion, now: now) { atlas in
      try fill(atlas, from: sources, now: now)
    }
  }

  /// Makes the file of a complete run from results that exist already. Blocks.
  ///
  /// - Parameters:
  ///   - specification: of the new run.
  ///   - path: of the new file.
  ///   - softwareVersion: recorded in the file.
  ///   - now: in milliseconds since 1970.
  ///   - fill: writes a result of every prompt into the new file.
  /// - Returns: what `fill` returns.
  /// - Throws: an `AtlasError` if there is a file at `path` already, or if writing fails; the errors of `fill`. Then there is no
  ///   new file.
  static func create<Result>(
    _ specification: RunSpecification, at path: String, softwareVersion: String, now: Int64,
    fill: (RunAtlas) throws -> Result
  ) throws -> Result {
    guard !FileManager.default.fileExists(atPath: path) else {
      throw AtlasError.failed(path: path, detail: "it exists already; name another file, or remove it first")
    }
    do {
      let atlas = try RunAtlas(path: path, specification: specification, softwareVersion: softwareVersion, now: now)
      let result = try fill(atlas)
      var batch = AtlasBatch()
      batch.state = .complete
      _ = try atlas.write([batch])
      let rebuilt = try RebuiltRun(atlas, promptCount: specification.prompts.count, run: specification.name)
      try atlas.replaceAggregate(rebuilt.aggregate, resultsDigest: rebuilt.digests.text, now: now)
      try atlas.close()
      return result
    } catch {
      for suffix in ["", "-wal", "-shm", "-lock"] { unlink(path + suffix) }
      throw error
    }
  }

  private static func fill(_ atlas: RunAtlas, from sources: Sources, now: Int64) throws -> [Int] {
    var transfer = try ResultTransfer(to: atlas, now: now)
    let taken = try sources.paths.map { try transfer.take(from: $0, comparing: true) }
    guard transfer.openCount == 0 else {
      throw AtlasError.failed(
        path: atlas.path,
        detail: "\(transfer.openCount) prompts lost their results while the files were read; try again")
    }
    return taken
  }
}
