// autointerp
// `PromptTokens` reads a prompt that is given as token ids.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation

/// Prompts given as token ids.
package enum PromptTokens {
  /// Reads `5,17,3`.
  package static func parse(_ list: String) throws -> [Int32] {
    try list.split(separator: ",").map { part in
      guard let id = Int32(part.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("--tokens: \"\(part)\" is not a token id.")
      }
      return id
    }
  }
}
