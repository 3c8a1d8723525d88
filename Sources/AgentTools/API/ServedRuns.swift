// autointerp
// `ServedRuns` says which runs can be asked over HTTP, and keeps the indexes of the last few open.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import RunIndex
internal import Synchronization

/// The runs of one server: one file, or all files of a coordinator's folder.
package final class ServedRuns: Sendable {
  private enum Place {
    case files([(name: String, path: String)])
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
  package static func file(_ path: String, name: String) -> ServedRuns { .files([(name, path)]) }

  /// Some runs; the first is meant if none is named. Files of equal runs get numbers behind their names.
  package static func files(_ files: [(name: String, path: String)]) -> ServedRuns {
    var known: [String: Int] = [:]
    return ServedRuns(
      .files(
        files.map { file in
          known[file.name, default: 0] += 1
          let number = known[file.name] ?? 1
          return (number == 1 ? file.name : "\(file.name) (\(number))", file.path)
        }))
  }

  /// All runs in a folder, each as `NAME.sqlite`; there may be more later.
  package static func folder(_ path: String) -> ServedRuns { ServedRuns(.folder(path)) }

  /// The names of the runs, the first being meant if none is named: in a folder the one whose file was changed last.
  package var names: [String] {
    switch place {
    case .files(let files): return files.map(\.name)
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

  /// The file of the run of this name, or of the first if none is named. A request can open no other file than those listed.
  ///
  /// - Throws: `ToolError`.
  func path(of name: String?) throws(ToolError) -> String {
    let names = names
    guard let name = name ?? names.first else {
      throw ToolError("there is no run here yet", .early)
    }
    guard names.contains(name) else {
      throw ToolError(
        "there is no run \(Quoted.text(name)); there is "
          + names.prefix(10).map { Quoted.text($0) }.joined(separator: ", "), .absent)
    }
    switch place {
    case .files(let files): return files.first { $0.name == name }?.path ?? ""
    case .folder(let path): return "\(path)/\(name)\(Self.suffix)"
    }
  }

  /// The index of the run of this name, or of the first if none is named.
  ///
  /// - Throws: `ToolError`.
  func index(of name: String?) throws(ToolError) -> LiveIndex {
    let path = try path(of: name)
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
