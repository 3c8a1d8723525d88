// autointerp
// What is wrong with cluster.toml, and in which line.
// SPDX-License-Identifier: Apache-2.0

/// A configuration that cannot be used.
package struct ConfigurationError: Error, Equatable {
  package var file: String
  /// Counted from 1; nil when it concerns the whole file.
  package var line: Int?
  package var message: String
}

extension ConfigurationError: CustomStringConvertible {
  package var description: String {
    line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
  }
}
