// autointerp
// `NeuronStatistics.bytes` stores the exact numbers of a neuron's statistics in a compact form, and reads them back.
// SPDX-License-Identifier: Apache-2.0

extension NeuronStatistics {
  /// Every number as a variable-length integer, in a fixed order. Other versions of the program may have other numbers:
  /// whoever stores the bytes must store the version with them.
  package var bytes: [UInt8] {
    var copy = self
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256)
    copy.forEachNumber { number in
      // Small magnitudes of both signs become small numbers without a sign.
      var rest = UInt128(bitPattern: (number << 1) ^ (number >> 127))
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(truncatingIfNeeded: rest))
    }
    return bytes
  }

  /// Nil if the bytes are not those of statistics.
  package init?(bytes: [UInt8]) {
    self.init()
    var place = 0
    var isValid = true
    forEachNumber { number in
      var (value, shift) = (UInt128(0), UInt128(0))
      while isValid {
        guard place < bytes.count, shift < 128 else {
          isValid = false
          return
        }
        let byte = bytes[place]
        place += 1
        value |= UInt128(byte & 0x7F) << shift
        shift += 7
        if byte & 0x80 == 0 { break }
      }
      number = Int128(bitPattern: value >> 1) ^ -Int128(value & 1)
    }
    guard isValid, place == bytes.count else { return nil }
  }

  /// Calls `visit` with every stored number, which it may replace. A test compares the list with the properties.
  mutating func forEachNumber(_ visit: (inout Int128) -> Void) {
    func number(_ value: inout some FixedWidthInteger) {
      var wide = Int128(value)
      visit(&wide)
      value = .init(truncatingIfNeeded: wide)
    }
    number(&domainPrompts)
    number(&baselinePrompts)
    number(&otherPrompts)
    number(&occurrences)
    number(&positiveRelp)
    number(&negativeRelp)
    number(&positiveActivation)
    number(&negativeActivation)
    number(&relpNumber)
    number(&absoluteRelpNumber)
    number(&activationNumber)
    number(&gradientScoreNumber)
    number(&absoluteGradientScoreNumber)
    number(&verifiedCount)
    number(&contributionNumber)
    number(&absoluteContributionNumber)
    for kind in 0..<FeatureCounts.scalarCount { number(&unverified[kind]) }
    for place in [\NeuronStatistics.first, \.last, \.other] {
      number(&self[keyPath: place].occurrences)
      number(&self[keyPath: place].absoluteRelpNumber)
      number(&self[keyPath: place].absoluteActivationNumber)
    }
    for half in [\NeuronStatistics.firstHalfFlows, \.secondHalfFlows] {
      self[keyPath: half].forEachNumber(visit)
    }
  }
}

extension FlowProfile {
  fileprivate mutating func forEachNumber(_ visit: (inout Int128) -> Void) {
    func number(_ value: inout some FixedWidthInteger) {
      var wide = Int128(value)
      visit(&wide)
      value = .init(truncatingIfNeeded: wide)
    }
    number(&promptsIn)
    number(&promptsOut)
    number(&fromTokensNumber)
    number(&fromNeuronsNumber)
    number(&fromFirstNumber)
    number(&toNeuronsNumber)
    number(&toOutputsNumber)
    number(&signedOutNumber)
    number(&fanInNumber)
    number(&fanOutNumber)
  }
}
