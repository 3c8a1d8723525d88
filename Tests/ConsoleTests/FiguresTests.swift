// autointerp
// `FiguresTests` tests that times, ages and flows are written as people read them.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import Console

@Suite struct FiguresTests {
  @Test(arguments: [
    (0, "now"), (1999, "now"), (59_000, "59 s ago"), (216_000, "3 min ago"), (3_599_000, "59 min ago"),
    (170_000_000, "47 h ago"), (200_000_000, "2 d ago"), (-5, "now"), (.max, "9999 d ago"),
  ])
  func agesHaveOneUnitAndTenColumns(milliseconds: Int64, text: String) {
    #expect(Figures.age(milliseconds: milliseconds) == text)
    #expect(text.count <= 10)
  }

  @Test(arguments: [
    (0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (407, "6 min 47 s"), (3599, "59 min"), (7500, "2 h 5 min"),
    (172_800, "2 d 0 h"), (-1, "-"), (.infinity, "-"), (.nan, "-"),
  ])
  func spansReadWell(seconds: Double, text: String) {
    #expect(Figures.span(seconds: seconds) == text)
  }

  @Test(arguments: [
    (1.0, 1.0, "+1.00"), (-0.81, 1, "-0.81"), (0.79, 1, "±1.00"), (0, 2, "±2.00"), (-0.004, 0.004, "-0.004"),
  ])
  func aSignThatHardlyEverChangesIsASign(mean: Double, absolute: Double, text: String) {
    let edge = EdgeReport(
      node: "1_2", text: nil, prompts: 5, frequency: 1, meanFlow: mean, meanAbsoluteFlow: absolute)
    #expect(Figures.flow(edge) == text)
  }
}
