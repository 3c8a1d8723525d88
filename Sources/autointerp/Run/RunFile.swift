// autointerp
// `RunFile` finds the SQLite file of a run that a command line names.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

enum RunFile {
  /// The file that `name` means: the file itself, or the one in a run's folder. Without a name, the run in `folder` whose file
  /// was changed last.
  static func path(_ name: String?, in folder: @autoclosure () throws -> String) throws -> String {
    let files = FileManager.default
    if let name {
      var isFolder: ObjCBool = false
      guard files.fileExists(atPath: name, isDirectory: &isFolder) else {
        throw InputError(path: name, problem: "there is no such file or folder")
      }
      let path = isFolder.boolValue ? RunFolder(path: name).database : name
      guard files.fileExists(atPath: path) else {
        throw InputError(path: name, problem: "this folder holds no run.sqlite; name the SQLite file of a run")
      }
      return path
    }
    let folder = try folder()
    let runs = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).map {
      RunFolder(path: "\(folder)/\($0)").database
    }
    func changed(_ path: String) -> Date? {
      (try? files.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }
    guard let newest = runs.compactMap({ path in changed(path).map { (path, $0) } }).max(by: { $0.1 < $1.1 }) else {
      throw InputError(path: folder, problem: "there is no run in it; name one with --run")
    }
    return newest.0
  }
}
