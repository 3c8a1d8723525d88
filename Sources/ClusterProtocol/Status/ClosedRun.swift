// autointerp
// `ClosedRun` says why a run that has a file is not open.
// SPDX-License-Identifier: Apache-2.0

/// A run that exists in the coordinator's folder and takes no part in its work now.
package struct ClosedRun: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// Its stored results are being read. It opens without help.
    case rebuilding
    /// Its file cannot be opened for now, because the disk is full. It is tried again.
    case waiting
    /// Its file cannot be used until somebody mends it.
    case unusable
  }

  /// The name of its file without `.sqlite`.
  package var name: String
  /// The run that the file says it holds, if that is known. It differs from `name` for a renamed copy.
  package var run: String?
  package var kind: Kind
  /// A sentence for people.
  package var reason: String

  package init(name: String, run: String? = nil, kind: Kind, reason: String) {
    self.name = name
    self.run = run
    self.kind = kind
    self.reason = reason
  }

  /// True if somebody who waits for the run `name` waits for this.
  package func isAbout(_ name: String) -> Bool { self.name == name || run == name }
}

extension FleetStatus {
  /// How many closed runs, problems and keys a status lists, and the largest length of their texts. The rest are counted.
  package static let listedAtMost = (closedRuns: 100, problems: 20, keys: 100, bytes: 1000)

  /// The run of this name that is not open; nil if there is none.
  package func closedRun(_ name: String) -> ClosedRun? { closedRuns.first { $0.isAbout(name) } }
}
