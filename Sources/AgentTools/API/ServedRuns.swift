// autointerp
// `ServedRuns` says which runs can be asked over HTTP, and keeps the indexes of the last few open.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import RunIndex
internal import Synchronization

/// The runs of one server: one file, or all files of a coordinator's folder.
package final class ServedRuns: Sendable {
  private enum Place {
    case file(String, name: String)
    case folder(String)
  }

  private static let suffix = ".sqlite"
  /// Each open run holds an index open.
  private static let mostOpen = 8

  private let place: Place
  /// The last used one last.
  private let open = Mutex<[LiveIndex]>([])

  private init(_ place: Place) { self.place = place }

  /// One run.
  package static func file(_ path: String, name: String) -> ServedRuns { ServedRuns(.file(path, name: name)) }

  /// All runs in a folder, each as `NAME.sqlite`; there may be more later.
  package static func folder(_ path: String) -> ServedRuns { ServedRuns(.folder(path)) }

  /// The names of the runs, the one whose file was changed last first. Names with slashes or dots at the start are no runs.
  package var names: [String] {
    switch place {
    case .file(_, let name): return [name]
    case .folder(let path):
      let files = FileManager.default
      let found = ((try? files.contentsOfDirectory(atPath: path)) ?? []).filter {
        $0.hasSuffix(Self.suffix) && !$0.hasPrefix(".")
      }
      func changed(_ file: String) -> Double {
        let attributes = try? files.attributesOfItem(atPath: "\(path)/\(file)")
        return (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      }
      return found.map { (name: String($0.dropLast(Self.suffix.count)), changed: changed($0)) }
        .sorted { ($1.changed, $0.name) < ($0.changed, $1.name) }.map(\.name)
    }
  }

  /// The run of this name, or the first if none is named. A request can open no other file than those listed.
  ///
  /// - Throws: `ToolError`.
  func index(of name: String?) throws(ToolError) -> LiveIndex {
    let names = names
    guard let name = name ?? names.first else {
      throw ToolError("there is no run here yet", .early)
    }
    guard names.contains(name) else {
      throw ToolError(
        "there is no run \(Quoted.text(name)); there is "
          + names.prefix(10).map { Quoted.text($0) }.joined(separator: ", "), .absent)
    }
    let path =
      switch place {
      case .file(let path, _): path
      case .folder(let path): "\(path)/\(name)\(Self.suffix)"
      }
    return open.withLock { open in
      let live: LiveIndex
      if let known = open.firstIndex(where: { $0.path == path }) {
        live = open.remove(at: known)
      } else {
        live = LiveIndex(path: path)
      }
      open.append(live)
      if open.count > Self.mostOpen { open.removeFirst() }
      return live
    }
  }
}
