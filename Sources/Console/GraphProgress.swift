// autointerp
// `GraphProgress` shows on a terminal how far the computation of a graph is.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Shows on a terminal how far a graph is, after one second: `edges 40 %, 12 s`. Shows nothing elsewhere.
package final class GraphProgress: Sendable {
  private struct State {
    var stage: String?
    var steps = 0
    var shownAt: ContinuousClock.Instant
    var isDrawn = false
  }

  private static let patience = Duration.seconds(1)
  private static let pause = Duration.milliseconds(100)

  private let start = ContinuousClock.now
  private let isShown = Terminal.drawsOnStandardError
  private let state: Mutex<State>

  package init() { state = Mutex(State(shownAt: start)) }

  /// Any thread may call this.
  ///
  /// - Parameters:
  ///   - stage: the current stage of the computation.
  ///   - stepCount: how many steps this stage has.
  package func advance(_ stage: String, of stepCount: Int) {
    guard isShown else { return }
    state.withLock { state in
      if state.stage != stage { (state.stage, state.steps) = (stage, 0) }
      state.steps += 1
      let now = ContinuousClock.now
      let elapsed = start.duration(to: now)
      guard elapsed > Self.patience, state.shownAt.duration(to: now) > Self.pause else { return }
      (state.shownAt, state.isDrawn) = (now, true)
      let percent = 100 * state.steps / max(1, stepCount)
      let time = Figures.span(seconds: elapsed / .seconds(1))
      StandardError.write("\(StandardError.eraseLine)\(stage) \(percent) %, \(time)")
    }
  }

  /// Leaves the cursor on an empty line.
  package func finish() {
    state.withLock { state in
      if state.isDrawn { StandardError.write(StandardError.eraseLine) }
      state.isDrawn = false
    }
  }
}
