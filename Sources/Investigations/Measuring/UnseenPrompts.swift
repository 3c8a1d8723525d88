// autointerp
// `UnseenPrompts` are the prompts on which hypotheses are tested, with the activations of some layers.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Inference
internal import JSON
internal import Knowledge
internal import Platform

/// A prompt that the run did not draw.
package struct UnseenPrompt: Sendable {
  package var text: String
  package var answerPrefix: String
  package var tokens: [Int32]
  /// The group of the run to which it would belong.
  package var group: String

  package init(text: String, answerPrefix: String = "", tokens: [Int32], group: String) {
    self.text = text
    self.answerPrefix = answerPrefix
    self.tokens = tokens
    self.group = group
  }
}

/// Prompts of at least two tokens with what the neurons of some layers do in them.
package struct UnseenPrompts: Sendable {
  package let prompts: [UnseenPrompt]
  /// Of equal form: numbers of strata.
  let strata: [Int]
  /// Neurons of a layer.
  let width: Int
  /// `[prompts][layer]`: `[tokens, width]`, row-major.
  private let activations: [[Int: [Float]]]

  /// Runs every prompt once.
  ///
  /// - Parameters:
  ///   - prompts: those of a single token are left out, because they have no position beyond 0.
  ///   - layers: whose activations are kept.
  ///   - transformer: the model.
  ///   - backend: where to compute.
  ///   - isStopped: asked before each prompt.
  ///   - progress: called after each prompt.
  /// - Throws: `InvestigationError.inference`, or `stopped`.
  package init<Backend: ComputeBackend>(
    _ prompts: [UnseenPrompt], layers: Set<Int>, transformer: Transformer<Backend>, on backend: Backend,
    isStopped: () -> Bool = { false }, progress: () -> Void = {}
  ) throws(InvestigationError) {
    let usable = prompts.filter { $0.tokens.count > 1 }
    self.prompts = usable
    strata = PromptStrata(usable.map { PromptShape(text: $0.text, answerPrefix: $0.answerPrefix) }).numbers
    width = transformer.configuration.feedForwardDimension
    var kept: [[Int: [Float]]] = []
    for prompt in usable {
      guard !isStopped() else { throw .stopped }
      let trace: ForwardTrace<Backend>
      do throws(InferenceError) {
        trace = try transformer.forward(prompt.tokens, on: backend)
      } catch {
        throw .inference(error)
      }
      var layersOfPrompt: [Int: [Float]] = [:]
      for layer in layers where transformer.layers.indices.contains(layer) {
        layersOfPrompt[layer] = backend.download(
          trace.layers[layer].activations, rows: prompt.tokens.count, columns: width)
      }
      kept.append(layersOfPrompt)
      progress()
    }
    activations = kept
  }

  /// All neurons of a layer in one prompt, `[tokens, width]`.
  func layer(_ layer: Int, of prompt: Int) -> [Float] {
    guard let values = activations[prompt][layer] else { preconditionFailure("layer \(layer) was not kept") }
    return values
  }

  package func value(_ neuron: NeuronID, of prompt: Int, position: Int) -> Double {
    Double(layer(Int(neuron.layer), of: prompt)[position * width + Int(neuron.index)])
  }

  /// The position beyond 0 at which a neuron is read in a prompt: the last one, or where it is most active in `sign`.
  package func place(of neuron: NeuronID, sign: Int, isLast: Bool, in prompt: Int) -> Int {
    let count = prompts[prompt].tokens.count
    if isLast { return count - 1 }
    let values = layer(Int(neuron.layer), of: prompt)
    return (1..<count).max { a, b in
      Float(sign) * values[a * width + Int(neuron.index)] < Float(sign) * values[b * width + Int(neuron.index)]
    } ?? count - 1
  }
}

extension [UnseenPrompt] {
  /// The digest of all prompts in order: tokens, texts and groups.
  package var digest: String {
    var json = JSONByteWriter()
    json.beginArray()
    for prompt in self {
      json.beginArray()
      json.value(prompt.group)
      json.value(prompt.text)
      json.value(prompt.answerPrefix)
      for token in prompt.tokens { json.value(token) }
      json.end()
    }
    json.end()
    return Digest.of(json.bytes).hexadecimal
  }
}
