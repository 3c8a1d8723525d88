// autointerp
// `TestRun` writes the files of runs whose neurons and edges are planted, for the tests of reports.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Foundation
internal import Platform
internal import RunIndex
internal import Testing

/// A run that is made up prompt by prompt: which neurons are selected in it, with which scores.
struct TestRun {
  struct Prompt {
    var group = PromptGroup.domain
    var text: String
    /// Sorted by layer, then index.
    var neurons: [(neuron: NeuronID, score: Float)] = []
  }

  var name = "test-tiny-0123"
  var settings: AttributionSettings = {
    var settings = AttributionSettings()
    settings.rule = .gradient
    return settings
  }()
  var fingerprint = "f00d"
  var template = TemplateSpecification(name: "raw")
  var card: ModelCard?
  var prompts: [Prompt] = []
  var tokenTexts: [Int32: String] = [1: " fever", 2: " is", 3: " high"]

  /// A folder that is deleted with the value.
  final class Folder {
    let url: URL

    init() throws {
      url = FileManager.default.temporaryDirectory.appending(path: "reports-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }
  }

  var specification: RunSpecification {
    RunSpecification(
      name: name, modelName: "tiny", modelFingerprint: fingerprint, template: template, settings: settings,
      corpusDigest: "abcd", corpusName: "test", seed: 7,
      prompts: prompts.map { RunPrompt(origin: $0.group, text: $0.text) })
  }

  /// Tokens " fever" and " is" predict " high". Every neuron is driven by the first token and by the neuron before it, and
  /// drives the prediction; flows are the scores.
  func delta(_ number: Int) -> EdgeDelta {
    let prompt = prompts[number]
    var (neurons, edges) = (NeuronColumns(), EdgeColumns())
    let count = Int32(prompt.neurons.count)
    for (place, entry) in prompt.neurons.enumerated() {
      neurons.layer.append(entry.neuron.layer)
      neurons.index.append(entry.neuron.index)
      neurons.position.append(1)
      neurons.activation.append(2)
      neurons.gradient.append(entry.score / 2)
      neurons.relp.append(entry.score)
      neurons.gradientScore.append(entry.score)
      neurons.streamShare.append(0.05)
      let before = place > 0 && prompt.neurons[place - 1].neuron.layer < entry.neuron.layer ? [Int32(place - 1)] : []
      for source in before + [count] {
        edges.source.append(source)
        edges.target.append(Int32(place))
        edges.effect.append(entry.score)
        edges.flow.append(entry.score)
      }
    }
    for (place, entry) in prompt.neurons.enumerated() {
      edges.source.append(Int32(place))
      edges.target.append(count + 2)
      edges.effect.append(entry.score)
      edges.flow.append(entry.score)
    }
    var verified = VerifiedNodes()
    if count > 0, number.isMultiple(of: 2) {
      verified.neuron = [0]
      verified.reason = [2]
      verified.zero = [-prompt.neurons[0].score * 1.1]
    }
    let graph = AttributionGraph(
      tokens: [1, 2],
      metric: Metric(
        kind: .topLogits, position: 1, value: 1, targets: [.init(token: 3, logit: 5, probability: 0.6, weight: 1)]),
      rule: .gradient, neurons: neurons, embeddingRelp: [0.2, 0.1], verified: verified, edges: edges,
      conservation: ConservationResiduals(nodeTotal: 1e-6, layerCut: 1e-6, directEffects: 1e-6),
      counts: GraphCounts(
        candidateNeurons: count, candidateEdges: Int64(edges.count), truncated: false, keptScoreShare: 0.4,
        keptFlowShare: 0.9))
    return EdgeDelta(
      prompt: Int32(number), origin: prompt.group, graph: graph,
      vocabulary: [1, 2, 3].map { TokenText(id: $0, text: tokenTexts[$0] ?? "") })
  }

  /// Writes the file of the run with the first prompts merged, and opens its index.
  func index(at path: String, merged: Int? = nil) throws -> RunIndex {
    let atlas = try RunAtlas(path: path, specification: specification, softwareVersion: "1", now: 1000)
    var batch = AtlasBatch()
    batch.modelCard = card?.payload()
    batch.deltas = (0..<(merged ?? prompts.count)).map { number in
      let payload = delta(number).payload()
      return StoredDelta(
        prompt: Int32(number), attempt: 1, worker: "w", incarnation: 1, computeKernel: "Haswell",
        computeMilliseconds: 10, receivedAt: 2000, digest: Digest.of(payload), payload: payload)
    }
    _ = try atlas.commit(batch)
    try atlas.close()
    return try RunIndex.open(path)
  }
}

extension NeuronID {
  init(_ layer: Int, _ index: Int) { self.init(layer: layer, index: index) }
}

extension TestRun {
  /// Prompts of equal form in which each of many neurons is selected by its own chance, by a seed. `planted` adds to a prompt.
  static func random(
    seed: UInt64, prompts: Int, neurons: Int, group: (Int) -> PromptGroup = { _ in .domain },
    planted: (Int) -> [NeuronID] = { _ in [] }
  ) -> TestRun {
    var random = SeededRandom(seed: seed)
    let rates = (0..<neurons).map { _ in random.unit() }
    var run = TestRun()
    run.prompts = (0..<prompts).map { number in
      var chosen: [(neuron: NeuronID, score: Float)] = []
      for (place, rate) in rates.enumerated() where random.unit() < rate {
        chosen.append((NeuronID(place % 5, 100 + place), Float(random.unit() - 0.3)))
      }
      chosen += planted(number).map { ($0, Float(0.5)) }
      chosen.sort { $0.neuron < $1.neuron }
      return Prompt(group: group(number), text: "prompt number \(number) is", neurons: chosen)
    }
    return run
  }
}
