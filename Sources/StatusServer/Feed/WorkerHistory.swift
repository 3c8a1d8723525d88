// autointerp
// `WorkerHistory` records how fast each worker was over the last minutes.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

/// Records the throughput of every worker at even intervals. The oldest samples are dropped, so memory is bounded.
package struct WorkerHistory: Sendable {
  /// Columns: `perMinute[name][i]` belongs to `at[i]` (milliseconds since 1970) and is nil if the worker was absent.
  package struct Samples: Codable, Equatable, Sendable {
    package var at: [Int64] = []
    package var perMinute: [String: [Double?]] = [:]
  }

  package private(set) var samples = Samples()
  private let interval: Int64
  private let capacity: Int

  package init(intervalMilliseconds: Int64 = 5000, capacity: Int = 60) {
    precondition(intervalMilliseconds >= 0 && capacity >= 2)
    interval = intervalMilliseconds
    self.capacity = capacity
  }

  /// Takes a sample if the last one is old enough.
  package mutating func record(_ status: FleetStatus) {
    if let last = samples.at.last, status.now - last < max(1, interval) { return }
    let before = samples.at.count
    samples.at.append(status.now)
    var rows: [String: [Double?]] = [:]
    for worker in status.workers where worker.state != .left {
      var row = samples.perMinute[worker.name] ?? Array(repeating: nil, count: before)
      row.append(worker.state == .lost ? nil : (worker.promptsPerMinute * 10).rounded() / 10)
      rows[worker.name] = row
    }
    // Workers that are no longer in the status are dropped.
    samples.perMinute = rows
    guard samples.at.count > capacity else { return }
    samples.at.removeFirst()
    for name in rows.keys { samples.perMinute[name]?.removeFirst() }
  }
}
