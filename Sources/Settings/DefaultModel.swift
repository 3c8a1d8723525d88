// autointerp
// `DefaultModel` is the model that commands use if none is named.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The checkpoint that `scripts/demo` downloads.
package enum DefaultModel {
  static let fileName = "SmolLM2-135M-Instruct.Q4_1.gguf"

  /// `${XDG_CACHE_HOME:-~/.cache}/autointerp/` and the file name.
  package static var path: String { path(in: ProcessInfo.processInfo.environment) }

  /// The same for a given environment. As the XDG specification requires, a relative cache folder is ignored.
  static func path(in environment: [String: String]) -> String {
    let cache: String
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") {
      cache = folder
    } else {
      cache = (environment["HOME"] ?? NSHomeDirectory()) + "/.cache"
    }
    return "\(cache)/autointerp/\(fileName)"
  }
}
