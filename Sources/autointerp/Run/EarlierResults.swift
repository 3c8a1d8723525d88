// autointerp
// `EarlierResults` takes over what earlier runs have computed for the prompts of a new run.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Coordinator
internal import Foundation
internal import Settings

/// Where a run on this machine finds results that it need not compute.
struct EarlierResults {
  /// Files that the command line names. All their results of equal prompts are taken.
  var named: [String] = []
  /// The folder with the folders of runs. From it only runs are taken that the new run extends, as one with a higher --limit
  /// does. Nil to look nowhere.
  var runsFolder: String?
  /// The kernel that will compute the rest. Results of another one may differ in their last bits and are not taken.
  var kernel: String

  /// Takes results over into the file of the run, which no coordinator has yet.
  ///
  /// - Returns: what was taken, one line for each file.
  /// - Throws: an error about a file that the command line names, or about the run's own. Files that were only found are
  ///   passed over if they cannot be used.
  func take(into folder: RunFolder, _ specification: RunSpecification) throws -> [String] {
    let isNew = !FileManager.default.fileExists(atPath: folder.database)
    let found = isNew ? extended(by: specification, except: folder) : []
    guard !named.isEmpty || !found.isEmpty else { return [] }
    try folder.create()
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let atlas = try RunAtlas(
      path: folder.database, specification: specification, softwareVersion: SoftwareVersion.current, now: now)
    var lines: [String] = []
    do {
      var transfer = try ResultTransfer(to: atlas, kernels: [kernel], now: now)
      for path in named {
        let taken = try transfer.take(from: path)
        lines.append(
          taken == 0
            ? "\(path) has no results by the kernel \(kernel) that this run lacks" : Self.line(taken, path))
      }
      for path in found where transfer.openCount > 0 {
        if let taken = try? transfer.take(from: path), taken > 0 { lines.append(Self.line(taken, path)) }
      }
    } catch {
      // Otherwise the file would look as if its coordinator had died.
      _ = try? atlas.close()
      // A run that was never begun leaves nothing, so that the next command is free to begin it otherwise.
      if isNew { for suffix in ["", "-wal", "-shm"] { unlink(folder.database + suffix) } }
      throw error
    }
    try atlas.close()
    return lines
  }

  private static func line(_ count: Int, _ path: String) -> String {
    "the results of \(count) prompts are taken from \(path) (--no-reuse computes them again)"
  }

  /// The files of the runs that the new run extends, those with most prompts first.
  private func extended(by specification: RunSpecification, except own: RunFolder) -> [String] {
    guard let runsFolder, let names = try? FileManager.default.contentsOfDirectory(atPath: runsFolder) else {
      return []
    }
    var found: [(path: String, prompts: Int)] = []
    for name in names.sorted() {
      let path = RunFolder(path: "\(runsFolder)/\(name)").database
      guard path != own.database, FileManager.default.fileExists(atPath: path),
        let other = try? AtlasReader(path: path).specification(), specification.extends(other),
        ResultTransfer.obstacles(between: other, and: specification).isEmpty
      else { continue }
      found.append((path, other.prompts.count))
    }
    return found.sorted { ($1.prompts, $0.path) < ($0.prompts, $1.path) }.map(\.path)
  }
}
