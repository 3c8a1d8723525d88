// autointerp
// `CanonicalCompositionTests` tests that `CanonicalComposition` gives the reference's normalisation form C.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Checkpoints

struct CanonicalCompositionTests {
  private func composed(_ scalars: [UInt32]) throws -> [UInt32] {
    var text: [UInt8] = []
    for value in scalars { text += Array(String(try #require(Unicode.Scalar(value))).utf8) }
    CanonicalComposition.unicode9.apply(to: &text)
    return String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value)
  }

  @Test(arguments: [
    ([0x65, 0x301], [0xE9]),
    // Through an intermediate composite, and with marks in another order.
    ([0x65, 0x302, 0x323], [0x1EC7]), ([0x65, 0x323, 0x302], [0x1EC7]),
    // A mark blocks another one of its class, but not one of a higher class.
    ([0x61, 0x300, 0x301], [0xE0, 0x301]), ([0x71, 0x307, 0x323], [0x71, 0x323, 0x307]),
    // Singletons, and characters that are excluded from composition.
    ([0x212B], [0xC5]), ([0x2126], [0x3A9]), ([0xF900], [0x8C48]), ([0x344], [0x308, 0x301]),
    ([0x958], [0x915, 0x93C]),
    ([0x2F800], [0x4E3D]), ([0xFB1D], [0x5D9, 0x5B4]),
    // Hangul: all three, two, and a trailing consonant after a syllable.
    ([0x1112, 0x1161, 0x11AB], [0xD55C]), ([0x1100, 0x1161], [0xAC00]), ([0xAC00, 0x11A8], [0xAC01]),
    ([0xAC00, 0x11A7], [0xAC00, 0x11A7]), ([0xAC01, 0x11A8], [0xAC01, 0x11A8]),
    ([0x1113, 0x1166, 0x11AC], [0x1113, 0x1166, 0x11AC]),
    // Beyond the basic plane.
    ([0x11131, 0x11127], [0x1112E]), ([0x1D15E], [0x1D157, 0x1D165]), ([0x115B8, 0x115AF], [0x115BA]),
    // A mark of Unicode 10 is unknown: it stays in place and blocks composition.
    ([0x61, 0x1DF6, 0x323], [0x61, 0x1DF6, 0x323]),
    // Nothing composes with these.
    ([0x301, 0x41], [0x301, 0x41]), ([0x41], [0x41]), ([], []),
  ])
  func textIsComposed(scalars: [UInt32], expected: [UInt32]) throws {
    #expect(try composed(scalars) == expected)
    #expect(try composed(expected) == expected)
  }

  @Test func longRunsOfMarksAreSortedByClass() throws {
    var marks: [UInt32] = [0x71]
    for _ in 0..<5000 { marks += [0x315, 0x316] }
    let sorted = [0x71] + Array(repeating: UInt32(0x316), count: 5000) + Array(repeating: UInt32(0x315), count: 5000)
    #expect(try composed(marks) == sorted)
  }
}
