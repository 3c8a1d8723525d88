// autointerp
// Thousands of histories with faults, and what must hold in each.
// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing

@Suite struct SimulationTests {
  /// Ranges of seeds, to be played beside each other.
  @Test(arguments: (0..<8).map { UInt64($0) * 300..<UInt64($0 + 1) * 300 })
  func everyHistoryKeepsThePromises(seeds: Range<UInt64>) {
    for seed in seeds {
      let scenario = Scenario.drawn(from: seed)
      do {
        _ = try Simulation.play(scenario, seed: seed)
      } catch {
        let history = Simulation.history(of: scenario, seed: seed).suffix(40).joined(separator: "\n")
        Issue.record("seed \(seed): \(error)\n\(history)")
        return
      }
    }
  }
}
