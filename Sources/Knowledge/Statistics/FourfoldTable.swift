// autointerp
// `FourfoldTable` compares how often something appears in two groups, and gives the log odds ratio with an interval.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// How many prompts of a first and of a second group have something, such as a neuron.
package struct FourfoldTable: Hashable, Sendable {
  package let first: Proportion
  package let second: Proportion

  package init(_ first: Proportion, _ second: Proportion) {
    self.first = first
    self.second = second
  }

  /// Prompts that have it, in both groups.
  package var appearing: Int { first.count + second.count }

  /// The natural logarithm of the odds ratio of first against second, and its 95 % interval.
  ///
  /// Half a prompt is added to each of the four cells (Haldane 1956, Anscombe 1956), so that both are finite. The error
  /// is Woolf's (1955). Without prompts of both groups, the value is 0 and the interval infinite.
  package var logOdds: Estimate {
    guard first.total > 0, second.total > 0 else { return Estimate(value: 0, error: .infinity) }
    let cells = [first.count, first.total - first.count, second.count, second.total - second.count].map {
      Double($0) + 0.5
    }
    return Estimate(
      value: log(cells[0]) - log(cells[1]) - log(cells[2]) + log(cells[3]),
      error: cells.reduce(0) { $0 + 1 / $1 }.squareRoot())
  }
}

/// A value with its standard error.
package struct Estimate: Hashable, Sendable {
  package let value: Double
  package let error: Double

  /// From low to high, at 95 %.
  package var low: Double { value - Normal.quantile975 * error }
  package var high: Double { value + Normal.quantile975 * error }
}
