// autointerp
// `LiveIndex` keeps a run's index open for a server and makes it again when the run has gone on and enough time has passed.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
internal import Synchronization

/// The newest index that is worth its price. While a run goes on, every merged prompt makes the index stale; building it for
/// each question would make questions slow, so that it is rebuilt only if a few times its price has passed since.
package final class LiveIndex: Sendable {
  /// When a stale index is built anew.
  package struct Policy: Equatable, Sendable {
    /// At least this long after the last time.
    package var shortestPause: Duration = .seconds(5)
    /// And at least this many times as long as building took.
    package var pausePerBuild = 5

    package init() {}

    func allowsBuild(afterPause pause: Duration, lastBuild: Duration) -> Bool {
      pause >= max(shortestPause, lastBuild * pausePerBuild)
    }
  }

  /// An index and the run's state now.
  package struct Snapshot: Sendable {
    package let index: RunIndex
    package let now: AtlasState

    /// Whether the index describes the results that the run has now. Numbers of prompts do not tell: results can be taken
    /// back and computed again.
    package var isCurrent: Bool { now.digest == index.state.digest }
    /// How many more prompts are merged now than when the index was made.
    package var behind: Int { max(0, now.mergedPrompts - index.state.mergedPrompts) }
  }

  private struct State {
    var index: RunIndex?
    var builtAt = ContinuousClock.now
    var buildTime = Duration.zero
  }

  package let path: String
  private let policy: Policy
  private let state = Mutex(State())

  package init(path: String, policy: Policy = Policy()) {
    self.path = path
    self.policy = policy
  }

  /// Blocks while an index is built.
  package func snapshot(at moment: ContinuousClock.Instant = .now) throws -> Snapshot {
    try state.withLock { state in
      guard let index = state.index else {
        let start = ContinuousClock.now
        let index = try RunIndex.open(path)
        state = State(index: index, builtAt: moment, buildTime: index.buildTime ?? (.now - start))
        return Snapshot(index: index, now: index.state)
      }
      let now = try index.reader.state()
      guard now.digest != index.state.digest,
        policy.allowsBuild(afterPause: moment - state.builtAt, lastBuild: state.buildTime)
      else { return Snapshot(index: index, now: now) }
      let start = ContinuousClock.now
      let newer = try RunIndex.open(index.reader, specification: index.specification)
      state = State(index: newer, builtAt: moment, buildTime: newer.buildTime ?? (.now - start))
      return Snapshot(index: newer, now: newer.state)
    }
  }
}
