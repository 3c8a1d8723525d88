// autointerp
// `ProgressTests` tests that a graph reports as many steps of each stage as it announces.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import Synchronization
import Testing

@testable import Attribution

@Suite struct ProgressTests {
  @Test(arguments: [ComputedRules.both, .chosen]) func everyStageTakesItsStepsAndNoMore(rules: ComputedRules) throws {
    let backend = OpenBLASBackend()
    let relevance = RelevancePropagation(
      transformer: Transformer(ConservationTests.models[0].checkpoint, backend: backend, storage: .resident),
      backend: backend)
    var settings = ConservationTests.everything
    settings.maximumSweepRows = 60
    let steps = Mutex([AttributionStep]())
    _ = try relevance.graph(of: GradientTests.tokens, settings: settings, rules: rules) { step in
      steps.withLock { $0.append(step) }
    }
    let seen = steps.withLock { $0 }
    for stage in [AttributionStep.Stage.forward, .nodes, .edges] {
      let own = seen.filter { $0.stage == stage }
      #expect(!own.isEmpty && own.allSatisfy { $0.stepCount == own.count }, "\(stage): \(own)")
    }
    #expect(seen.count { $0.stage == .forward } == 3)
    #expect(seen.count { $0.stage == .edges } > 3, "several blocks")
  }
}
