// autointerp
// `ProgressSamples` holds how far a run was at certain times, for the status port and its clients.
// SPDX-License-Identifier: Apache-2.0

/// One run's samples as columns of equal length; times are milliseconds since 1970.
package struct ProgressSamples: Codable, Equatable, Sendable {
  package var at: [Int64] = []
  package var done: [Int] = []
  package var inFlight: [Int] = []
  package var mergeLag: [Int] = []

  package init(at: [Int64] = [], done: [Int] = [], inFlight: [Int] = [], mergeLag: [Int] = []) {
    self.at = at
    self.done = done
    self.inFlight = inFlight
    self.mergeLag = mergeLag
  }
}
