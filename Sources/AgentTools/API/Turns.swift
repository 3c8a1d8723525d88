// autointerp
// `Turns` lets a few questions be answered at once and a bounded number wait.
// SPDX-License-Identifier: Apache-2.0

/// Places for work that takes time, given in the order of asking.
actor Turns {
  private var free: Int
  private let longestQueue: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(atOnce: Int, waiting: Int) {
    free = atOnce
    longestQueue = waiting
  }

  var waitingCount: Int { waiting.count }

  /// Waits for a place; false if too many wait already. Whoever got true must call `give`.
  func take() async -> Bool {
    if free > 0 {
      free -= 1
      return true
    }
    guard waiting.count < longestQueue else { return false }
    await withCheckedContinuation { waiting.append($0) }
    return true
  }

  /// The place goes to the one that has waited longest.
  func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
