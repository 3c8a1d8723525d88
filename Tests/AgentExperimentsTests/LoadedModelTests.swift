// autointerp
// Tests of `LoadedModel` on the real model: changes, activations, projections and graphs agree with each other.
// SPDX-License-Identifier: Apache-2.0

internal import AgentTools
internal import Checkpoints
internal import Circuits
internal import Foundation
internal import Inference
internal import TestSupport
internal import Testing

@testable import AgentExperiments

/// Where scripts/test found the model, or where scripts/fetch-model puts it.
private enum RealModel {
  static let path: String = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["AUTOINTERP_TEST_MODEL"] { return path }
    let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? ".") + "/.cache"
    return "\(cache)/autointerp/SmolLM2-135M-Instruct.Q4_1.gguf"
  }()

  static let isThere =
    ProcessInfo.processInfo.environment["AUTOINTERP_TEST_MODEL"] != nil || FileManager.default.fileExists(atPath: path)
}

@Suite(.enabled(if: RealModel.isThere)) struct LoadedModelTests {
  private static let text = ExperimentText(text: "The capital of France is")
  private static let neuron = NeuronID(layer: 29, index: 864)

  private func model() throws -> LoadedModel {
    var run = SampleRun.specification()
    run.settings = AttributionSettings()
    return try LoadedModel(
      checkpoint: try Checkpoint.open(RealModel.path), tokenizer: try Tokenizer.open(RealModel.path), storage: .mapped,
      threads: 2, run: run)
  }

  @Test func changesActivationsAndGraphsAgree() throws {
    let model = try model()
    // A factor of one changes nothing.
    let same = try model.change(Self.neuron, by: 1, in: Self.text)
    #expect(same.divergence < 1e-6 && !same.answerChanged && abs(same.answerBefore - same.answerAfter) < 1e-3)
    #expect(same.topBefore.first?.text == " Paris" && same.topBefore.map(\.text) == same.topAfter.map(\.text))
    let removed = try model.change(Self.neuron, by: 0, in: Self.text)
    #expect(removed.divergence > 1e-4)
    let values = try model.activations(of: Self.neuron, in: Self.text)
    #expect(values.map(\.text) == ["The", " capital", " of", " France", " is"])
    #expect(abs((values.last?.activation ?? 0) - removed.lastActivation) < 1e-4)
    let delta = try model.graph(of: Self.text)
    let place = try #require(
      delta.graph.neurons.index.indices.first {
        delta.graph.neurons.layer[$0] == 29 && delta.graph.neurons.index[$0] == 864
          && delta.graph.neurons.position[$0] == 4
      })
    #expect(abs(Double(delta.graph.neurons.activation[place]) - removed.lastActivation) < 1e-2)
    #expect(delta.vocabulary.contains { $0.text == " Paris" })
  }

  @Test func neuronsThatTheModelDoesNotHaveAreRefused() throws {
    let model = try model()
    for neuron in [NeuronID(layer: 99, index: 0), NeuronID(layer: 0, index: 99_999)] {
      #expect(throws: InferenceError.self) { _ = try model.change(neuron, by: 0, in: Self.text) }
      #expect(throws: InferenceError.self) { _ = try model.activations(of: neuron, in: Self.text) }
      #expect(throws: InferenceError.self) { _ = try model.projection(of: neuron, count: 3) }
    }
  }
}
