// autointerp
// `Model` is the real model that scripts/fetch-model downloads.
// SPDX-License-Identifier: Apache-2.0

import Foundation

enum Model {
  /// Where scripts/test found it, or where scripts/fetch-model puts it.
  static let path: String = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["AUTOINTERP_TEST_MODEL"] { return path }
    let home = environment["HOME"] ?? NSHomeDirectory()
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.cache"
    return "\(cache)/autointerp/SmolLM2-135M-Instruct.Q4_1.gguf"
  }()

  /// scripts/test sets the variable after it has downloaded the model. Then no test may be skipped for lack of it.
  static let isThere =
    ProcessInfo.processInfo.environment["AUTOINTERP_TEST_MODEL"] != nil || FileManager.default.fileExists(atPath: path)
}
