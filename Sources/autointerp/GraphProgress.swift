// autointerp
// What is shown while one graph is computed.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
internal import Foundation
internal import Synchronization

/// Shows on a terminal how far a graph is, once it has taken a second: `edges 40 %, 12 s`. Silent elsewhere.
final class GraphProgress: Sendable {
  private struct State {
    var stage: AttributionStep.Stage?
    var steps = 0
    var shownAt: ContinuousClock.Instant
    var isDrawn = false
  }

  private static let patience = Duration.seconds(1)
  private static let pause = Duration.milliseconds(100)
  private static let erase = "\r\u{1B}[K"

  private let start = ContinuousClock.now
  private let isShown = Terminal.drawsOnStandardError
  private let state: Mutex<State>

  init() { state = Mutex(State(shownAt: start)) }

  /// May be called from any thread.
  func advance(_ step: AttributionStep) {
    guard isShown else { return }
    state.withLock { state in
      if state.stage != step.stage { (state.stage, state.steps) = (step.stage, 0) }
      state.steps += 1
      let now = ContinuousClock.now
      let elapsed = start.duration(to: now)
      guard elapsed > Self.patience, state.shownAt.duration(to: now) > Self.pause else { return }
      (state.shownAt, state.isDrawn) = (now, true)
      let percent = 100 * state.steps / max(1, step.stepCount)
      write("\(Self.erase)\(step.stage.rawValue) \(percent) %, \(elapsed.components.seconds) s")
    }
  }

  /// Leaves the cursor on an empty line.
  func finish() {
    state.withLock { state in
      if state.isDrawn { write(Self.erase) }
      state.isDrawn = false
    }
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
