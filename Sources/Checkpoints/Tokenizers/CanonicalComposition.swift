// autointerp
// `CanonicalComposition` normalises text to Unicode normalisation form C with the reference tokenizers' tables.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Normalisation form C (Unicode Standard Annex 15) of Unicode 9.0.
///
/// Hugging Face `tokenizers` 0.23 uses the tables of Unicode 9.0 and leaves newer characters alone. Token ids must
/// equal its ids, so this does the same. Foundation's composition is not used, because on Linux it leaves some Hangul
/// decomposed and replaces some by U+FFFD. The tables are built from the decompositions of single scalars, which
/// Foundation gives correctly (all compared with Python's `unicodedata`).
struct CanonicalComposition: Sendable {
  static let unicode9 = CanonicalComposition()
  private static let version = (major: 9, minor: 0)
  /// These ranges hold all scalars up to Unicode 9.0 with a canonical decomposition, except Hangul.
  private static let decomposableRanges: [Range<UInt32>] = [
    0xC0..<0x3100, 0xF900..<0xFB50, 0x11000..<0x11600, 0x1D15E..<0x1D1C1, 0x2F800..<0x2FA1E,
  ]

  /// Full canonical decompositions.
  private var decompositions: [UInt32: [UInt32]] = [:]
  /// Maps `first << 32 | second` to their composite.
  private var composites: [UInt64: UInt32] = [:]
  /// Marks the scalars of the basic plane that normalisation might change, alone or together with a neighbour.
  private var affected: [Bool] = Array(repeating: false, count: 0x10000)
  /// The same beyond the basic plane, without marks, which are recognised by their combining class.
  private var affectedBeyond: Set<UInt32> = []

  private init() {
    for value in Self.decomposableRanges.joined() {
      guard let scalar = Unicode.Scalar(value), Self.isKnown(scalar) else { continue }
      let parts = String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
      if parts != [value] { decompositions[value] = parts }
    }
    // The last scalar of a decomposition composes with the composite of the scalars before it. That composite has a
    // shorter decomposition, so it is in the table already.
    for (value, parts) in decompositions.sorted(by: { $0.value.count < $1.value.count }) where parts.count > 1 {
      guard let scalar = Unicode.Scalar(value), !scalar.properties.isFullCompositionExclusion else { continue }
      let first = compose(Array(parts.dropLast()))
      if first.count == 1 { composites[Self.pair(first[0], parts[parts.count - 1])] = value }
    }
    for value in UInt32(0x300)..<0x10000 { affected[Int(value)] = Self.combiningClass(of: value) != 0 }
    let changed = decompositions.filter { compose($0.value) != [$0.key] }.map(\.key)
    for value in changed + composites.keys.map({ UInt32(truncatingIfNeeded: $0) }) {
      if value < 0x10000 { affected[Int(value)] = true } else { affectedBeyond.insert(value) }
    }
    for value in Int(Hangul.firstVowel)..<Int(Hangul.endOfTrailing) { affected[value] = true }
  }

  /// Normalises valid UTF-8. Text that is already normalised does not change. O(n log n).
  func apply(to text: inout [UInt8]) {
    let needsWork = text.withUnsafeBufferPointer { bytes in
      let view = TextView(bytes: bytes)
      var index = 0
      while index < bytes.count {
        // Nothing below U+0300 is affected.
        if bytes[index] < 0xCC {
          index += 1
          continue
        }
        let (value, next) = view.scalar(at: index)
        if isAffected(value) { return true }
        index = next
      }
      return false
    }
    guard needsWork else { return }
    let scalars = compose(decompose(String(decoding: text, as: UTF8.self).unicodeScalars))
    text.removeAll(keepingCapacity: true)
    for value in scalars { text.append(contentsOf: UTF8.encode(Unicode.Scalar(value) ?? "\u{FFFD}") ?? .init()) }
  }

  private func isAffected(_ value: UInt32) -> Bool {
    if value < 0x10000 { return affected[Int(value)] }
    return affectedBeyond.contains(value) || Self.combiningClass(of: value) != 0
  }

  /// Decomposes fully, in canonical order.
  private func decompose(_ scalars: String.UnicodeScalarView) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(scalars.count + 16)
    for scalar in scalars {
      if let parts = decompositions[scalar.value] {
        result += parts
      } else {
        Hangul.decompose(scalar.value, into: &result)
      }
    }
    order(&result)
    return result
  }

  /// Sorts each run of marks by combining class. Marks of equal class keep their order.
  private func order(_ scalars: inout [UInt32]) {
    var start = 0
    while start < scalars.count {
      guard Self.combiningClass(of: scalars[start]) != 0 else {
        start += 1
        continue
      }
      var run: [(value: UInt32, combiningClass: UInt8, place: Int)] = []
      var end = start
      while end < scalars.count, case let combiningClass = Self.combiningClass(of: scalars[end]), combiningClass != 0 {
        run.append((scalars[end], combiningClass, end))
        end += 1
      }
      run.sort { ($0.combiningClass, $0.place) < ($1.combiningClass, $1.place) }
      for (offset, mark) in run.enumerated() { scalars[start + offset] = mark.value }
      start = end
    }
  }

  /// Composes text that is decomposed and in canonical order.
  private func compose(_ scalars: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(scalars.count)
    var starter: Int?
    /// The class of the last scalar after the starter, or nil if there is no such scalar.
    var lastClass: UInt8?
    for value in scalars {
      let combiningClass = Self.combiningClass(of: value)
      if let starter, lastClass.map({ $0 < combiningClass }) ?? true,
        let composite = composites[Self.pair(result[starter], value)] ?? Hangul.composite(result[starter], value)
      {
        result[starter] = composite
        continue
      }
      if combiningClass == 0 {
        starter = result.count
        lastClass = nil
      } else {
        lastClass = combiningClass
      }
      result.append(value)
    }
    return result
  }

  private static func pair(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

  private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.age.map { ($0.major, $0.minor) <= version } ?? false
  }

  private static func combiningClass(of value: UInt32) -> UInt8 {
    guard value >= 0x300, let scalar = Unicode.Scalar(value) else { return 0 }
    let combiningClass = scalar.properties.canonicalCombiningClass.rawValue
    return combiningClass != 0 && isKnown(scalar) ? combiningClass : 0
  }
}

/// Hangul syllables, which are composed by arithmetic. Source: The Unicode Standard, section 3.12.
private enum Hangul {
  static let firstSyllable: UInt32 = 0xAC00
  static let firstLeading: UInt32 = 0x1100
  static let firstVowel: UInt32 = 0x1161
  /// One before the first trailing consonant, because zero means that there is none.
  static let noTrailing: UInt32 = 0x11A7
  static let endOfTrailing: UInt32 = 0x11C3
  static let leadingCount: UInt32 = 19
  static let vowelCount: UInt32 = 21
  static let trailingCount: UInt32 = 28

  static func decompose(_ value: UInt32, into result: inout [UInt32]) {
    let index = value &- firstSyllable
    guard index < leadingCount * vowelCount * trailingCount else {
      result.append(value)
      return
    }
    result.append(firstLeading + index / (vowelCount * trailingCount))
    result.append(firstVowel + index / trailingCount % vowelCount)
    if index % trailingCount != 0 { result.append(noTrailing + index % trailingCount) }
  }

  static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    let leading = first &- firstLeading
    let vowel = second &- firstVowel
    if leading < leadingCount, vowel < vowelCount {
      return firstSyllable + (leading * vowelCount + vowel) * trailingCount
    }
    let syllable = first &- firstSyllable
    let trailing = second &- noTrailing
    if syllable < leadingCount * vowelCount * trailingCount, syllable % trailingCount == 0, trailing > 0,
      trailing < trailingCount
    {
      return first + trailing
    }
    return nil
  }
}
