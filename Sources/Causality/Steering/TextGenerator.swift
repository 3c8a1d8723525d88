// autointerp
// `TextGenerator` continues a prompt while neurons are steered, with a key/value cache.
// SPDX-License-Identifier: Apache-2.0

package import Inference

/// How to continue a prompt.
package struct GenerationSettings: Sendable {
  package var maximumTokens = 40
  /// 0 is greedy.
  package var temperature = 0.0
  package var seed: UInt64 = 0
  /// Where neurons are steered: `all` positions, all but the first, or from the prompt's `last` position on.
  package var positions: PositionChoice = .all
  /// Tokens after which generation ends. They are not part of the result.
  package var stopTokens: Set<Int32> = []

  package init() {}
}

/// Continues prompts with one model.
package struct TextGenerator<Backend: ComputeBackend>: Sendable {
  private let transformer: Transformer<Backend>
  private let backend: Backend

  package init(transformer: Transformer<Backend>, backend: Backend) {
    self.transformer = transformer
    self.backend = backend
  }

  /// Returns the tokens that follow the prompt. `isStopped` is asked before each token: true ends the text there.
  ///
  /// - Throws: `CausalityError` if a token or neuron does not exist, the prompt fills the model's context, or the positions
  ///   are a list.
  package func generate(
    after prompt: [Int32], steering: [SteeredNeuron], settings: GenerationSettings, isStopped: () -> Bool = { false }
  ) throws(CausalityError) -> [Int32] {
    let first: Int
    switch settings.positions {
    case .all: first = 0
    case .notFirst: first = 1
    case .last: first = prompt.count - 1
    case .given:
      throw .invalid(
        name: "positions", value: "\(settings.positions)", expected: "all, last or not-first while text is generated")
    }
    var cache = KeyValueCache(transformer, capacity: prompt.count + settings.maximumTokens, on: backend)
    var sampler = TokenSampler(temperature: settings.temperature, seed: settings.seed)
    var result: [Int32] = []
    var next = prompt
    // A prompt that is too long for the model is refused by the first reading; a text that fills the model ends.
    while result.count < settings.maximumTokens, !isStopped(),
      cache.tokenCount == 0 || cache.tokenCount + next.count <= cache.capacity
    {
      let positions = Array(max(first, cache.tokenCount)..<max(first, cache.tokenCount + next.count))
      var interventions: [Intervention] = []
      for steered in steering { interventions += try steered.interventions(at: positions) }
      let logits: [Float]
      do throws(InferenceError) {
        logits = try transformer.extend(&cache, with: next, interventions: interventions, on: backend)
      } catch {
        throw .inference(error)
      }
      let token = sampler.next(logits)
      if settings.stopTokens.contains(token) { break }
      result.append(token)
      next = [token]
    }
    return result
  }
}
