// autointerp
// Tests that `NeuronStatistics.bytes` holds every number, and that what is not such bytes is refused.
// SPDX-License-Identifier: Apache-2.0

internal import Testing

@testable import Circuits

@Suite struct NeuronStatisticsCodingTests {
  /// The numbers in a value and in the values in it.
  private func numberCount(_ value: Any) -> Int {
    // A mirror does not show the numbers of a vector.
    if let vector = value as? any SIMD { return vector.scalarCount }
    let children = Mirror(reflecting: value).children
    return value is any BinaryInteger ? 1 : children.reduce(0) { $0 + numberCount($1.value) }
  }

  @Test func everyNumberIsStored() {
    var statistics = NeuronStatistics()
    var visited = 0
    statistics.forEachNumber { _ in visited += 1 }
    #expect(visited == numberCount(statistics))
  }

  @Test func statisticsReadBackAreEqual() throws {
    var statistics = NeuronStatistics()
    var next: Int128 = 1
    statistics.forEachNumber { number in
      number = next
      next = next > 1 << 30 ? 3 : next * 7 + 1
    }
    statistics.relpNumber = -(1 << 100)
    statistics.activationNumber = .min
    statistics.contributionNumber = .max
    #expect(NeuronStatistics(bytes: statistics.bytes) == statistics)
    let bytes = statistics.bytes
    #expect(NeuronStatistics(bytes: Array(bytes.dropLast())) == nil)
    #expect(NeuronStatistics(bytes: bytes + [0]) == nil)
    #expect(NeuronStatistics(bytes: []) == nil)
  }
}
