// autointerp
// `NeuronWrites` says on a neuron's page which tokens its weights promote and suppress.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints
internal import Circuits
internal import Inference

/// The output projection of one neuron: the column of `down_proj` through the final norm's gain and the unembedding.
struct NeuronWrites {
  private static let tokenCount = 6

  /// Lines for the page.
  let lines: [String]

  /// - Throws: `InferenceError` if the neuron does not exist or its weights are not finite.
  init(_ neuron: NeuronID, checkpoint: Checkpoint, tokenizer: Tokenizer?, threads: Int) throws {
    let backend = OpenBLASBackend(threadCount: threads)
    let transformer = Transformer(checkpoint, backend: backend, storage: .mapped)
    let projector = NeuronProjector(transformer, backend: backend, appliesFinalGain: true)
    let output = try projector.project(
      layer: Int(neuron.layer), indices: [Int(neuron.index)], topCount: Self.tokenCount)[0].output
    let chance = projector.chanceZScore
    func list(_ tokens: [TokenContribution]) -> String {
      let said = tokens.filter { abs($0.zScore) >= chance }.map {
        "\(String(token: tokenizer?.displayText(of: $0.token) ?? "#\($0.token)")) "
          + "z \(ReadableNumber.fixed(Double($0.zScore), decimals: 1))"
      }
      return said.isEmpty ? "nothing above the noise" : said.joined(separator: ", ")
    }
    lines = [
      "What it writes (output projection of its weights, without any prompt; |z| below "
        + "\(ReadableNumber.fixed(Double(chance), decimals: 1)) is noise)",
      "  promotes when positive, suppresses when negative: \(list(output.highest))",
      "  suppresses when positive, promotes when negative: \(list(output.lowest))",
    ]
  }
}
