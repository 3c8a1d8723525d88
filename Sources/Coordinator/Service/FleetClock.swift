// autointerp
// `FleetClock` gives the `FleetMachine` a time that never goes back.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The time since 1970: the wall clock at the start, and a steady clock from there.
struct FleetClock: Sendable {
  private let origin: Duration
  private let start = ContinuousClock.now

  init() { origin = .milliseconds(Int64(Date().timeIntervalSince1970 * 1000)) }

  var now: Duration { origin + (ContinuousClock.now - start) }
}
