// autointerp
// `PlantedLab` investigates the model of planted facts, whose truth is known.
// SPDX-License-Identifier: Apache-2.0

import Causality
import Circuits
import Foundation
import Inference
import Investigations
import RunIndex
import TestSupport

/// A run of the planted model in a temporary folder, and prompts that it has not seen.
final class PlantedLab: Sendable {
  let runner: InterventionRunner<OpenBLASBackend>
  let index: RunIndex
  let prompts: [UnseenPrompt]
  let folder: URL

  init() throws {
    let backend = OpenBLASBackend(threadCount: 1)
    let transformer = Transformer(PlantedFacts.checkpoint(), backend: backend, storage: .resident)
    runner = InterventionRunner(transformer: transformer, backend: backend)
    folder = FileManager.default.temporaryDirectory.appending(path: "planted-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "run.sqlite").path
    try PlantedRun.write(
      to: path, PlantedFacts.prompts(count: 160, seed: 1), transformer: transformer, on: backend)
    index = try RunIndex.open(path)
    prompts = PlantedFacts.prompts(count: 120, seed: 2).map {
      UnseenPrompt(text: $0.text, tokens: $0.tokens, group: $0.isDomain ? "domain" : "baseline")
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  static let source = InvestigationSource(
    run: "planted-facts", resultsDigest: "d", modelName: "planted facts", modelFingerprint: "f")

  func gather(_ neurons: [NeuronID]) throws -> [InvestigatedNeuron] {
    try InvestigatedNeuron.gather(neurons, from: index, runner: runner, rules: InvestigationRules()) { " t\($0)" }
  }

  func dossiers(_ neurons: [InvestigatedNeuron], seed: UInt64 = 0) throws -> [Dossier] {
    let investigation = try Investigation(
      neurons, on: prompts, givenCount: prompts.count, source: Self.source, runner: runner, seed: seed)
    var dossiers: [Dossier] = []
    try investigation.run { dossiers.append($0) }
    return dossiers
  }
}
