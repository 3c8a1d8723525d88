// autointerp
// `WrittenTokens` finds the tokens that the output weights of neurons promote, for machine-made labels.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints
internal import Circuits
internal import Inference
internal import RunIndex
internal import Settings

/// The output projections of a run's model.
struct WrittenTokens {
  private static let tokenCount = 4

  private let projector: NeuronProjector<OpenBLASBackend>
  private let tokenizer: Tokenizer

  /// - Throws: `InputError` if `model` is not the model of the run at `path`.
  init(model: String, run: RunSpecification, path: String) throws {
    let engine = try EngineOptions.parse(["--model", model])
    let checkpoint = try engine.checkpoint()
    try engine.requireModel(of: run, in: path, is: checkpoint)
    let backend = OpenBLASBackend(threadCount: engine.threads)
    projector = NeuronProjector(
      Transformer(checkpoint, backend: backend, storage: .mapped), backend: backend, appliesFinalGain: true)
    tokenizer = try Tokenizer.open(model)
  }

  /// Those that a neuron promotes when it has this sign and that stand out of the noise, the largest |z| first.
  func tokens(of neuron: NeuronID, sign: Int) throws -> [String] {
    let output = try projector.project(
      layer: Int(neuron.layer), indices: [Int(neuron.index)], topCount: Self.tokenCount)[0].output
    return (sign < 0 ? output.lowest : output.highest).filter { abs($0.zScore) >= projector.chanceZScore }
      .map { tokenizer.displayText(of: $0.token) }
  }
}
