// autointerp
// What a person should know although the work goes on.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Words on standard error beside the result, which has standard output for itself.
enum Warning {
  /// - Parameter text: may hold what comes from files; control characters are shown, not obeyed.
  static func show(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data("autointerp: \(TokenizeCommand.visible(text))\n".utf8))
  }
}
