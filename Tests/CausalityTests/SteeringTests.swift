// autointerp
// Tests generation with steered neurons against whole forward passes.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import TestSupport
import Testing

@testable import Causality

@Suite struct SteeringTests {
  private let rig = SmallRig(seed: 8)

  @Test func greedyTextIsThatOfWholePasses() throws {
    let generator = TextGenerator(transformer: rig.transformer, backend: rig.backend)
    var settings = GenerationSettings()
    settings.maximumTokens = 12
    let found = try generator.generate(after: SmallRig.tokens, steering: [], settings: settings)
    var text = SmallRig.tokens
    for token in found {
      let trace = try rig.transformer.forward(text, on: rig.backend)
      #expect(token == OutputDistribution(trace.logits).answer)
      text.append(token)
    }
    #expect(found.count == 12)
  }

  @Test(arguments: [PositionChoice.all, .notFirst, .last]) func steeredTextIsThatOfWholePasses(
    positions: PositionChoice
  ) throws {
    let steering = [
      SteeredNeuron(NeuronID(layer: 0, index: 3), .scale(6)), SteeredNeuron(NeuronID(layer: 1, index: 5), .add(3)),
    ]
    let generator = TextGenerator(transformer: rig.transformer, backend: rig.backend)
    var settings = GenerationSettings()
    settings.maximumTokens = 10
    settings.positions = positions
    let found = try generator.generate(after: SmallRig.tokens, steering: steering, settings: settings)
    let first = positions == .all ? 0 : positions == .notFirst ? 1 : SmallRig.tokens.count - 1
    var text = SmallRig.tokens
    for token in found {
      let trace = try rig.transformer.forward(text, on: rig.backend)
      let set = (first..<text.count).flatMap { position in
        [
          Intervention(layer: 0, index: 3, position: position, operation: .scale(6)),
          Intervention(layer: 1, index: 5, position: position, operation: .add(3)),
        ]
      }
      let logits = try rig.transformer.logits(under: [set], over: trace, on: rig.backend)[0]
      #expect(token == OutputDistribution(logits).answer)
      text.append(token)
    }
    let plain = try generator.generate(after: SmallRig.tokens, steering: [], settings: settings)
    #expect(found != plain)
  }

  /// A greedy text of a small model may be the same whichever positions are changed; a drawn one follows every probability.
  @Test func drawnTextsDifferByThePositionsThatAreChanged() throws {
    let steering = [
      SteeredNeuron(NeuronID(layer: 0, index: 3), .scale(40)), SteeredNeuron(NeuronID(layer: 1, index: 5), .add(20)),
    ]
    let generator = TextGenerator(transformer: rig.transformer, backend: rig.backend)
    var settings = GenerationSettings()
    (settings.maximumTokens, settings.temperature) = (16, 1)
    let texts = try [PositionChoice.all, .notFirst, .last].map { positions in
      settings.positions = positions
      return try (0..<UInt64(100)).map { seed in
        settings.seed = seed
        return try generator.generate(after: SmallRig.tokens, steering: steering, settings: settings)
      }
    }
    #expect(Set(texts).count == 3)
  }

  @Test func samplingFollowsSeedAndTemperature() {
    let logits: [Float] = [0, 1, 2, -3]
    func draw(_ temperature: Double, _ seed: UInt64) -> [Int32] {
      var sampler = TokenSampler(temperature: temperature, seed: seed)
      return (0..<4000).map { _ in sampler.next(logits) }
    }
    #expect(draw(0, 1).allSatisfy { $0 == 2 })
    #expect(draw(1, 1) == draw(1, 1))
    #expect(draw(1, 1) != draw(1, 2))
    let distribution = OutputDistribution(logits).probabilities
    let drawn = draw(1, 3)
    for token in 0..<4 {
      let share = Double(drawn.count { $0 == Int32(token) }) / 4000
      // Four standard errors of a share at most.
      #expect(abs(share - distribution[token]) < 4 * 0.0079)
    }
  }

  @Test func stopTokensAndTheContextEndTheText() throws {
    let generator = TextGenerator(transformer: rig.transformer, backend: rig.backend)
    var settings = GenerationSettings()
    settings.maximumTokens = 500
    let whole = try generator.generate(after: SmallRig.tokens, steering: [], settings: settings)
    // The context holds 64 tokens; the last one's own logits still give a token.
    #expect(whole.count == 64 - SmallRig.tokens.count + 1)
    settings.stopTokens = [whole[0]]
    #expect(try generator.generate(after: SmallRig.tokens, steering: [], settings: settings).isEmpty)
  }

  @Test func aPromptLongerThanTheContextIsRefused() {
    let generator = TextGenerator(transformer: rig.transformer, backend: rig.backend)
    let prompt = [Int32](repeating: SmallRig.tokens[0], count: 65)
    #expect(throws: CausalityError.inference(.promptTooLong(tokens: 65, contextLength: 64))) {
      try generator.generate(after: prompt, steering: [], settings: GenerationSettings())
    }
  }

  @Test func changesAreWrittenWithAnEqualsSign() {
    #expect(SteeredNeuron("L29/N729=x2") == SteeredNeuron(NeuronID(layer: 29, index: 729), .scale(2)))
    for text in ["L29/N729", "L29/N729=", "=x2", "L29=x2", "L29/N729=x2=x3"] { #expect(SteeredNeuron(text) == nil) }
  }
}
