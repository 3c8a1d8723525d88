// autointerp
// `InvestigationBenchmark` investigates neurons with their own hypotheses, with those of others, and with permuted groups.
// SPDX-License-Identifier: Apache-2.0

internal import Causality
internal import Circuits
internal import Foundation
internal import Inference
internal import Investigations
internal import Platform
internal import RunIndex
internal import TestSupport

/// One run whose investigations are counted.
struct InvestigationBenchmark {
  let runner: InterventionRunner<OpenBLASBackend>
  let neurons: [InvestigatedNeuron]
  let prompts: [UnseenPrompt]
  let source: InvestigationSource
  let rules: InvestigationRules
  let seed: UInt64
  let progress: (String, Int) -> Void

  /// With the hypotheses that the run suggests.
  func own() throws -> [Dossier] { try dossiers(neurons, prompts) }

  /// With the hypotheses about other neurons: all are false.
  func exchanged() throws -> [Dossier] {
    let layers = neurons.reduce(into: Set<Int>()) { $0.formUnion($1.layers) }
    let unseen = try UnseenPrompts(prompts, layers: layers, transformer: runner.transformer, on: runner.backend)
    let tester = HypothesisTester(runner: runner, unseen: unseen, rules: rules, seed: seed &+ 1000)
    return try dossiers(ExchangedProfiles.exchanged(neurons, tester: tester), prompts)
  }

  /// With the tokens of other neurons that are investigated too, which may be as large: all are false.
  func swapped() throws -> [Dossier] { try dossiers(ExchangedProfiles.swapped(neurons), prompts) }

  /// Hypotheses about groups, with the groups of the unseen prompts permuted: all are false.
  func permuted(rounds: Int) throws -> [Dossier] {
    let left = ExchangedProfiles.groupHypotheses(neurons)
    guard !left.isEmpty else { return [] }
    var result: [Dossier] = []
    for round in 0..<rounds {
      var random = SplitMix64(seed: seed &+ UInt64(round))
      let groups = random.shuffled(prompts.map(\.group))
      result += try dossiers(
        left,
        zip(prompts, groups).map { prompt, group in
          var prompt = prompt
          prompt.group = group
          return prompt
        })
    }
    return result
  }

  private func dossiers(_ neurons: [InvestigatedNeuron], _ prompts: [UnseenPrompt]) throws -> [Dossier] {
    guard !neurons.isEmpty else { return [] }
    let investigation = try Investigation(
      neurons, on: prompts, givenCount: prompts.count, source: source, runner: runner, rules: rules, seed: seed)
    var dossiers: [Dossier] = []
    try investigation.run(progress: progress) { dossiers.append($0) }
    return dossiers
  }

  /// A planted model with a run of its own, by a seed.
  static func planted(
    seed: UInt64, rules: InvestigationRules, progress: @escaping (String, Int) -> Void
  ) throws -> InvestigationBenchmark {
    let backend = OpenBLASBackend(threadCount: 1)
    let transformer = Transformer(PlantedFacts.checkpoint(seed: seed), backend: backend, storage: .resident)
    let runner = InterventionRunner(transformer: transformer, backend: backend)
    let folder = FileManager.default.temporaryDirectory.appending(path: "planted-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "run.sqlite").path
    try PlantedRun.write(
      to: path, PlantedFacts.prompts(count: 160, seed: 2 * seed), transformer: transformer, on: backend)
    let index = try RunIndex.open(path)
    let planted = try index.knownNeurons(PlantedFacts.planted.map(\.neuron))
    return InvestigationBenchmark(
      runner: runner,
      neurons: try InvestigatedNeuron.gather(planted, from: index, runner: runner, rules: rules) { " t\($0)" },
      prompts: PlantedFacts.prompts(count: 120, seed: 2 * seed + 1).map {
        UnseenPrompt(text: $0.text, tokens: $0.tokens, group: $0.isDomain ? "domain" : "baseline")
      },
      source: InvestigationSource(
        run: "planted-facts", resultsDigest: "", modelName: "planted facts \(seed)", modelFingerprint: ""),
      rules: rules, seed: seed, progress: progress)
  }
}
