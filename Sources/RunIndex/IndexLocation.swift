// autointerp
// `IndexLocation.places` returns the paths at which the index of a run's file is looked for and built.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Platform

enum IndexLocation {
  /// Where to look for the index of the file at `path` and where to build it, the best place first: beside the file, else
  /// in the user's cache under a name that is made of the file's full path.
  static func places(
    for path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    let full = URL(filePath: path).resolvingSymlinksInPath().path
    let digest = Digest.of(Array(full.utf8), byteCount: 16).hexadecimal
    func folder(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let cache = folder("XDG_CACHE_HOME") ?? folder("HOME").map { $0 + "/.cache" } ?? NSTemporaryDirectory()
    return [full + "-index", "\(cache)/autointerp/indexes/\(digest).sqlite"]
  }
}
