// autointerp
// `PlantedRun` writes the file of a run over the model of planted facts, with the graphs that attribution gives.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Attribution
package import Circuits
package import Inference

/// A real run of `PlantedFacts` on a small corpus, computed in this process.
package enum PlantedRun {
  /// The graphs of some prompts.
  package static func deltas<Backend: ComputeBackend>(
    _ prompts: [(tokens: [Int32], text: String, isDomain: Bool)], settings: AttributionSettings,
    transformer: Transformer<Backend>, on backend: Backend
  ) throws -> [EdgeDelta] {
    let propagation = RelevancePropagation(transformer: transformer, backend: backend)
    return try prompts.enumerated().map { number, prompt in
      let graph = try propagation.graph(of: prompt.tokens, settings: settings)
      let mentioned = Set(graph.tokens + graph.metric.targets.map(\.token)).sorted()
      return EdgeDelta(
        prompt: Int32(number), origin: prompt.isDomain ? .domain : .baseline, graph: graph,
        vocabulary: mentioned.map { TokenText(id: $0, text: " t\($0)") })
    }
  }

  /// Writes the file at `path`, which must not exist, and merges every prompt.
  package static func write<Backend: ComputeBackend>(
    to path: String, _ prompts: [(tokens: [Int32], text: String, isDomain: Bool)], transformer: Transformer<Backend>,
    on backend: Backend
  ) throws {
    var settings = AttributionSettings()
    settings.selection = .top(30)
    settings.verification = .none
    let specification = RunSpecification(
      name: "planted-facts", modelName: "planted facts", modelFingerprint: nil,
      template: TemplateSpecification(name: "raw"), settings: settings, corpusDigest: "planted", corpusName: "planted",
      seed: 1, prompts: prompts.map { RunPrompt(origin: $0.isDomain ? .domain : .baseline, text: $0.text) })
    let atlas = try RunAtlas(path: path, specification: specification, softwareVersion: "1", now: 1000)
    try SampleRun.merge(
      try deltas(prompts, settings: settings, transformer: transformer, on: backend), into: atlas)
  }
}
