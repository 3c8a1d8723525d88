// autointerp
// `RunTable` holds the runs of a fleet machine in the order of their submission.
// SPDX-License-Identifier: Apache-2.0

/// All runs. A run keeps its place for good. Lookup by place or name takes O(1).
struct RunTable: Sendable {
  private var runs: [RunProgress] = []
  private var places: [String: RunIndex] = [:]

  var all: [RunProgress] { runs }
  var indices: [RunIndex] { runs.indices.map(RunIndex.init) }

  subscript(run: RunIndex) -> RunProgress {
    get { runs[run.number] }
    _modify { yield &runs[run.number] }
  }

  subscript(name: String) -> RunIndex? { places[name] }

  /// The run with this name.
  func run(named name: String) -> RunProgress? { places[name].map { runs[$0.number] } }

  mutating func add(_ run: RunProgress) {
    precondition(places[run.name] == nil, "run \(run.name) is added once")
    places[run.name] = RunIndex(number: runs.count)
    runs.append(run)
  }
}
