// autointerp
// `SampleRun` writes the file of a small run with made-up graphs, as a coordinator would.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import Circuits
internal import ClusterProtocol
internal import Platform

/// A run of two groups of prompts whose neurons L0/N1, L1/N2 and L2/N3 do known things:
///
/// - L0/N1 is in all prompts of the domain and in none of the baseline, is driven by the first token and drives L1/N2;
/// - L1/N2 is in all prompts, drives L2/N3 and the predicted token;
/// - L2/N3 is in every third prompt and is removed there: it raises the metric by 0.5, as its score says;
/// - every prompt has a neuron L3/N(prompt) of its own.
package enum SampleRun {
  package static let promptCount = 40

  package static func specification(promptCount: Int = promptCount) -> RunSpecification {
    var settings = AttributionSettings()
    settings.rule = .gradient
    return RunSpecification(
      name: "sample-tiny-0123", modelName: "tiny", modelFingerprint: "f00d",
      template: TemplateSpecification(name: "raw"), settings: settings, corpusDigest: "abcd", corpusName: "sample",
      seed: 7,
      prompts: (0..<promptCount).map { number in
        let isDomain = number.isMultiple(of: 2)
        return RunPrompt(origin: isDomain ? .domain : .baseline, text: "\(isDomain ? "fever" : "river") \(number) is")
      })
  }

  /// The graph of a prompt: tokens 10 ("fever") or 11 ("river"), 12 (" 7"), 13 (" is"); it predicts 20 (" high").
  package static func delta(_ prompt: Int32) -> EdgeDelta {
    let isDomain = prompt.isMultiple(of: 2)
    var neurons = NeuronColumns()
    func add(_ layer: Int32, _ index: Int32, _ activation: Float, _ score: Float) {
      neurons.layer.append(layer)
      neurons.index.append(index)
      neurons.position.append(2)
      neurons.activation.append(activation)
      neurons.gradient.append(score / activation)
      neurons.relp.append(score * 0.5)
      neurons.gradientScore.append(score)
      neurons.streamShare.append(0.05)
    }
    if isDomain { add(0, 1, 2 + Float(prompt) / 100, 0.25) }
    add(1, 2, 3, 0.75)
    let isThird = prompt.isMultiple(of: 3)
    if isThird { add(2, 3, -1, 0.5) }
    add(3, prompt, 1, 0.1)
    let count = Int32(neurons.count)
    let logit = count + 3
    let metric = logit + 1
    func number(_ layer: Int32) -> Int32? { neurons.layer.firstIndex(of: layer).map { Int32($0) } }
    var edges = EdgeColumns()
    func connect(_ source: Int32?, _ target: Int32?, _ flow: Float) {
      guard let source, let target else { return }
      edges.source.append(source)
      edges.target.append(target)
      edges.effect.append(flow)
      edges.flow.append(flow)
    }
    // Sorted by target, then source; embeddings come after neurons.
    connect(isDomain ? count : nil, number(0), 0.2)
    connect(number(0), number(1), 0.3)
    connect(count + 1, number(1), 0.1)
    connect(number(1), number(2), 0.4)
    connect(number(1), number(3), 0.01)
    connect(number(1), logit, 0.6)
    connect(number(2), logit, 0.2)
    connect(number(3), metric, -0.05)
    var verified = VerifiedNodes()
    if let third = number(2) {
      verified.neuron = [third]
      verified.reason = [2]
      verified.zero = [-0.5]
    }
    let tokens: [Int32] = [isDomain ? 10 : 11, 12, 13]
    let graph = AttributionGraph(
      tokens: tokens,
      metric: Metric(
        kind: .logProbability, position: 2, value: -0.5, linear: 1,
        targets: [.init(token: 20, logit: 5, probability: 0.6, weight: 1)]),
      rule: .gradient, neurons: neurons, embeddingRelp: [0.2, 0.1, 0], verified: verified, edges: edges,
      conservation: ConservationResiduals(nodeTotal: 1e-6, layerCut: 1e-6, directEffects: 1e-6),
      counts: GraphCounts(
        candidateNeurons: count, candidateEdges: Int64(edges.count), truncated: false, keptScoreShare: 0.4,
        keptFlowShare: 0.9))
    let texts: [Int32: String] = [10: "fever", 11: "river", 12: " 7", 13: " is", 20: " high"]
    return EdgeDelta(
      prompt: prompt, origin: isDomain ? .domain : .baseline, graph: graph,
      vocabulary: (tokens + [20]).sorted().map { TokenText(id: $0, text: texts[$0] ?? "") })
  }

  /// Creates the file at `path`, or opens it, and merges the prompts of a range.
  @discardableResult
  package static func write(
    to path: String, merging prompts: Range<Int32> = 0..<Int32(promptCount), promptCount: Int = promptCount
  ) throws -> RunAtlas {
    let atlas = try RunAtlas(
      path: path, specification: specification(promptCount: promptCount), softwareVersion: "1", now: 1000)
    try merge(prompts, into: atlas)
    return atlas
  }

  package static func merge(_ prompts: Range<Int32>, into atlas: RunAtlas) throws {
    try merge(prompts.map(delta), into: atlas)
  }

  /// Merges any deltas.
  package static func merge(_ deltas: [EdgeDelta], into atlas: RunAtlas) throws {
    var batch = AtlasBatch()
    batch.deltas = deltas.map { delta in
      let payload = delta.payload()
      return StoredDelta(
        prompt: delta.prompt, attempt: 1, worker: "w", incarnation: 1, computeKernel: "Haswell",
        computeMilliseconds: 10,
        receivedAt: 2000, digest: Digest.of(payload), payload: payload)
    }
    _ = try atlas.commit(batch)
  }
}
