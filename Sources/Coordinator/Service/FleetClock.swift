// autointerp
// The time that the machine is told.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Time since 1970 that never runs backwards: the wall clock at the start, and steady from there.
struct FleetClock: Sendable {
  private let origin: Duration
  private let start = ContinuousClock.now

  init() { origin = .milliseconds(Int64(Date().timeIntervalSince1970 * 1000)) }

  var now: Duration { origin + (ContinuousClock.now - start) }
}
