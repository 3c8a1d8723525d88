// autointerp
// `SabotageTests` tests that the simulation notices every defect in `Sabotage`.
// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing

@Suite struct SabotageTests {
  /// Correct machines with one defect, which some history must reveal.
  @Test(arguments: Sabotage.allCases)
  func everyDefectIsNoticed(sabotage: Sabotage) {
    let failed = (UInt64(0)..<1000).first { seed in
      (try? Simulation.play(.drawn(from: seed), seed: seed, sabotage: sabotage)) == nil
    }
    #expect(failed != nil, "no seed notices that the fleet \(sabotage)")
  }

  @Test func failedHistoryEndsWithItsReason() {
    var lines: [String] = []
    #expect(throws: SimulationFailure.self) {
      try Simulation.play(.drawn(from: 0), seed: 0, sabotage: .mergesTwice) { lines.append($0) }
    }
    #expect(lines.last?.hasSuffix("is merged a second time") == true)
  }
}
