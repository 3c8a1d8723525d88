// autointerp
// `CorpusError` says what is wrong with a prompt file, and where.
// SPDX-License-Identifier: Apache-2.0

/// A prompt file that cannot be used.
package struct CorpusError: Error, Equatable {
  /// The place in the file.
  package enum Place: Equatable, Sendable {
    case wholeFile
    /// Counted from 1.
    case line(Int)
    /// For example `prompts[3].answer_prefix`, with indices counted from 0.
    case item(String)
  }

  package var file: String
  package var place: Place
  package var message: String

  package init(file: String, place: Place, message: String) {
    self.file = file
    self.place = place
    self.message = message
  }
}

extension CorpusError: CustomStringConvertible {
  package var description: String {
    switch place {
    case .wholeFile: "\(file): \(message)"
    case .line(let line): "\(file):\(line): \(message)"
    case .item(let path): "\(file): \(path): \(message)"
    }
  }
}
