// autointerp
// The model that commands use when none is named.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The checkpoint that `scripts/demo` fetches.
enum DefaultModel {
  static let fileName = "SmolLM2-135M-Instruct.Q4_1.gguf"

  /// `${XDG_CACHE_HOME:-~/.cache}/autointerp/` and the file name.
  static var path: String { path(in: ProcessInfo.processInfo.environment) }

  /// As `path`, for a given environment; as the XDG specification wants it, a relative cache folder does not count.
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
