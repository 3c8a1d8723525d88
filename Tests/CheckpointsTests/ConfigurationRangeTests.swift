// autointerp
// Tests that every number of a rotary scaling is checked, whichever file format it comes from.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Checkpoints

@Suite struct ConfigurationRangeTests {
  private func isUsable(_ scaling: RotaryEmbedding.Scaling) -> Bool {
    let configuration = ModelConfiguration.small(rotary: RotaryEmbedding(base: 10_000, scaling: scaling))
    do {
      try configuration.validate(path: "model") { "\($0)" }
      return true
    } catch {
      #expect(error.description.contains("rotaryScaling"))
      return false
    }
  }

  private func llama3(
    factor: Double = 8, low: Double = 1, high: Double = 4, length: Int = 64
  ) -> RotaryEmbedding.Scaling {
    .llama3(factor: factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength: length)
  }

  @Test func oneNumberOutOfRangeIsEnough() {
    #expect(isUsable(llama3()) && isUsable(.linear(factor: 0.5)) && isUsable(.perFrequency([1, 2, 3])))
    for factor in [0, -1, .nan, .infinity] as [Double] {
      #expect(!isUsable(llama3(factor: factor)) && !isUsable(.linear(factor: factor)), "\(factor)")
      #expect(!isUsable(llama3(low: factor)) && !isUsable(.perFrequency([1, Float(factor), 1])), "\(factor)")
    }
    for high in [1, 0.5, .nan, .infinity] as [Double] { #expect(!isUsable(llama3(high: high)), "\(high)") }
    #expect(!isUsable(llama3(length: 0)))
    #expect(!isUsable(.perFrequency([1, 2])) && !isUsable(.perFrequency([1, 2, 3, 4])))
  }
}
