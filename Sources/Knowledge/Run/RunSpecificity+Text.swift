// autointerp
// `RunSpecificity.Comparison.findingsText` and `detectableText` say how much a comparison found, and what it cannot find.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

extension RunSpecificity.Comparison {
  /// The number of findings beside the numbers that groups drawn at random give.
  package var findingsText: String {
    """
    \(basis == .active ? "by activity " : "")\(findingCount) of \(testCount) tested neurons have q < 0.05\(isStratified ? " within prompts of equal form" : ""); \
    with groups drawn at random \(ReadableNumber.fixed(null.mean, decimals: 1)) on average, at most \(null.largest) in \
    \(null.findings.count) rounds
    """
  }

  /// Which differences are too small to be found; nil if no difference is large enough.
  package var detectableText: String? {
    detectable.fewestAgainstNone.map {
      "a neuron \(basis.verb) in fewer than \($0) prompts of \(first) and in none of \(second) is not found"
    }
  }
}
