// autointerp
// `LoadedModel` runs an agent's experiments on a model in memory, with the template and settings of a run.
// SPDX-License-Identifier: Apache-2.0

package import AgentTools
internal import Attribution
internal import Causality
package import Checkpoints
package import Circuits
package import Inference

/// A model in memory, with the template and the settings of a run.
package struct LoadedModel: ModelExperiments {
  package let caveats: [String]
  let transformer: Transformer<OpenBLASBackend>
  let backend: OpenBLASBackend
  let tokenizer: Tokenizer
  private let template: PromptTemplate
  private let settings: AttributionSettings

  /// How many tokens the lists of predictions have.
  private static let topCount = 5

  /// - Throws: `CheckpointError` if the run's template cannot be used.
  package init(
    checkpoint: Checkpoint, tokenizer: Tokenizer, storage: WeightStorage, threads: Int, run: RunSpecification
  ) throws {
    backend = OpenBLASBackend(threadCount: threads)
    transformer = Transformer(checkpoint, backend: backend, storage: storage)
    self.tokenizer = tokenizer
    template = try PromptTemplate(name: run.template.name, system: run.template.system)
    settings = run.settings
    caveats =
      [template.departure(fromChatTemplate: tokenizer.chatTemplate)].compactMap(\.self)
      + (run.modelFingerprint == nil
        ? ["the run does not say which model it had, so that nobody checked that this is the same one"] : [])
  }

  func tokens(_ text: ExperimentText) throws -> [Int32] {
    try template.tokens(for: text.text, answerPrefix: text.answerPrefix, tokenizer: tokenizer)
  }

  private func trace(_ text: ExperimentText) throws -> ForwardTrace<OpenBLASBackend> {
    try transformer.forward(try tokens(text), on: backend)
  }

  package func change(_ neuron: NeuronID, by factor: Float, in text: ExperimentText) throws -> ExperimentResult {
    let trace = try trace(text)
    let intervention = Intervention(layer: Int(neuron.layer), index: Int(neuron.index), operation: .scale(factor))
    let changed = try transformer.logits(under: [[intervention]], over: trace, on: backend)[0]
    let (before, after) = (OutputDistribution(trace.logits), OutputDistribution(changed))
    let answer = before.answer
    return ExperimentResult(
      divergence: before.divergence(to: after), answerBefore: before.logProbability(answer),
      answerAfter: after.logProbability(answer), answerChanged: after.answer != answer,
      topBefore: top(before), topAfter: top(after),
      lastActivation: Double(value(neuron, at: trace.tokens.count - 1, of: trace)))
  }

  private func top(_ distribution: OutputDistribution) -> [ExperimentResult.Token] {
    distribution.top(Self.topCount).map {
      ExperimentResult.Token(text: tokenizer.displayText(of: $0.token), probability: $0.probability)
    }
  }

  private func value(_ neuron: NeuronID, at position: Int, of trace: ForwardTrace<OpenBLASBackend>) -> Float {
    backend.download(
      trace.layers[Int(neuron.layer)].activations.at(row: position, column: Int(neuron.index)), rows: 1, columns: 1)[0]
  }

  func check(_ neuron: NeuronID) throws(InferenceError) {
    try transformer.check(layer: Int(neuron.layer), index: Int(neuron.index))
  }

  package func activations(of neuron: NeuronID, in text: ExperimentText) throws -> [TokenActivation] {
    try check(neuron)
    let trace = try trace(text)
    return trace.tokens.enumerated().map { position, token in
      TokenActivation(
        text: tokenizer.displayText(of: token), activation: Double(value(neuron, at: position, of: trace)))
    }
  }

  package func projection(of neuron: NeuronID, count: Int) throws -> ProjectedTokens {
    try check(neuron)
    let projector = NeuronProjector(transformer, backend: backend, appliesFinalGain: true)
    let found = try projector.project(layer: Int(neuron.layer), indices: [Int(neuron.index)], topCount: count)[0]
    func tokens(_ list: [TokenContribution]) -> [ProjectedTokens.Token] {
      list.map { ProjectedTokens.Token(text: tokenizer.displayText(of: $0.token), zScore: Double($0.zScore)) }
    }
    return ProjectedTokens(
      promoted: tokens(found.output.highest), suppressed: tokens(found.output.lowest),
      chanceZScore: Double(projector.chanceZScore))
  }

  package func graph(of text: ExperimentText) throws -> EdgeDelta {
    let graph = try RelevancePropagation(transformer: transformer, backend: backend).graph(
      of: try tokens(text), settings: settings
    ) { _ in }
    let mentioned = Set(graph.tokens + graph.metric.targets.map(\.token)).sorted()
    return EdgeDelta(
      prompt: 0, origin: .domain, graph: graph,
      vocabulary: mentioned.map { TokenText(id: $0, text: tokenizer.displayText(of: $0)) })
  }
}
