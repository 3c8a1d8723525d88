// autointerp
// Tests that investigations find what is planted and confirm little of what is false, as the benchmark counts it.
// SPDX-License-Identifier: Apache-2.0

import Investigations
import Testing

@testable import autointerp_lab

@Suite struct InvestigationBenchmarkTests {
  @Test func plantedTruthsAreHitAndExchangedProfilesAreNotConfirmed() throws {
    let benchmark = try InvestigationBenchmark.planted(seed: 2, rules: InvestigationRules()) { _, _ in }
    var (hits, exchanged) = (InvestigationTally(), InvestigationTally())
    for dossier in try benchmark.own() {
      hits.add(dossier) { PlantedTruth.isTrue($0, of: dossier.neuron) }
    }
    for dossier in try benchmark.exchanged() { exchanged.add(dossier) }
    #expect(hits.neuronCount == 8 && hits.total >= 30)
    #expect(Double(hits.count(.confirmed)) >= 0.8 * Double(hits.total), "\(hits.text("own"))")
    #expect(exchanged.total >= 30)
    #expect(Double(exchanged.count(.confirmed)) <= 0.1 * Double(exchanged.total), "\(exchanged.text("exchanged"))")
  }
}
