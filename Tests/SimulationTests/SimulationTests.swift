// autointerp
// Thousands of histories with faults, and what must hold in each.
// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing

@Suite struct SimulationTests {
  /// Ranges of seeds, to be played beside each other.
  @Test(arguments: (0..<8).map { UInt64($0) * 300..<UInt64($0 + 1) * 300 })
  func everyHistoryKeepsThePromises(seeds: Range<UInt64>) {
    SeedsUnderWay.noteWhenTrapped()
    for seed in seeds {
      do { _ = try Simulation.play(.drawn(from: seed), seed: seed) } catch {
        Issue.record("seed \(seed): \(error)")
        return
      }
    }
  }
}
