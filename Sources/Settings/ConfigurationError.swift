// autointerp
// `ConfigurationError` says what is wrong with cluster.toml, and on which line.
// SPDX-License-Identifier: Apache-2.0

/// A configuration that cannot be used.
package struct ConfigurationError: Error, Equatable {
  package var file: String
  /// Counted from 1; nil if the error concerns the whole file.
  package var line: Int?
  package var message: String

  package init(file: String, line: Int?, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }
}

extension ConfigurationError: CustomStringConvertible {
  package var description: String {
    line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
  }
}
