// autointerp
// Tests the area under the ROC curve within strata against a count of all pairs, and its interval on data without an effect.
// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@testable import Investigations

@Suite struct PairedOrderTests {
  private func items(_ random: inout SeededRandom, prompts: Int, shift: Double = 0) -> [PairedOrder.Item] {
    (0..<prompts).flatMap { prompt in
      // What a prompt's values have in common.
      let level = random.unit()
      return (0..<6).map { _ in
        let isPositive = random.chance(0.4)
        return PairedOrder.Item(
          prompt: prompt, stratum: random.integer(in: 0...1), isPositive: isPositive,
          value: (level + random.unit() + (isPositive ? shift : 0)) * 20)
      }
    }
  }

  @Test func itCountsPairsOfOneStratumWithTiesAsHalves() throws {
    var random = SeededRandom(seed: 1)
    var values = items(&random, prompts: 12)
    for i in values.indices { values[i].value.round() }
    var (sum, count) = (0.0, 0.0)
    for a in values where a.isPositive {
      for b in values where !b.isPositive && a.stratum == b.stratum {
        count += 1
        sum += a.value > b.value ? 1 : a.value == b.value ? 0.5 : 0
      }
    }
    let area = try #require(PairedOrder(values, promptCount: 12).area)
    #expect(abs(area - sum / count) < 1e-12)
    #expect(PairedOrder(values.filter(\.isPositive), promptCount: 12).area == nil)
  }

  @Test func aDifferenceBetweenStrataIsNoDifferenceBetweenClasses() throws {
    // Positives are mostly in the second stratum, whose values are all larger.
    let items = (0..<200).map { i -> PairedOrder.Item in
      let (place, noise) = (i % 10, Double((i * 7919) % 97))
      let isSecond = place >= 5
      return PairedOrder.Item(
        prompt: i / 10, stratum: isSecond ? 1 : 0, isPositive: place == 0 || place > 5,
        value: noise + (isSecond ? 100 : 0))
    }
    let area = try #require(PairedOrder(items, promptCount: 20).area)
    #expect((0.35...0.65).contains(area))
  }

  @Test func intervalsHoldChanceAboutNineteenTimesInTwentyWhereThereIsNoEffect() throws {
    var (holds, rises) = (0, 0)
    for round in 0..<100 {
      var random = SeededRandom(seed: UInt64(round))
      let null = try #require(PairedOrder(items(&random, prompts: 40), promptCount: 40).estimate(seed: 1))
      if let low = null.low, let high = null.high, low <= 0.5, high >= 0.5 { holds += 1 }
      let shifted = try #require(
        PairedOrder(items(&random, prompts: 40, shift: 1), promptCount: 40).estimate(seed: 1))
      if let low = shifted.low, low > 0.5 { rises += 1 }
    }
    #expect((86...100).contains(holds))
    #expect(rises == 100)
  }
}
