// autointerp
// Tests of `RunIndex.tokens`: words are found with and without the space before them, and something similar is offered.
// SPDX-License-Identifier: Apache-2.0

internal import TestSupport
internal import Testing

@testable import RunIndex

@Suite struct TokenSearchTests {
  private func index() throws -> (index: RunIndex, folder: RunIndexTests.Folder) {
    let folder = try RunIndexTests.Folder()
    let atlas = try SampleRun.write(to: folder.run, merging: 0..<0)
    var sketch = GraphSketch()
    sketch.add(.init(layer: 0, index: 0))
    sketch.tokens = [(10, "fever"), (11, " fever"), (12, " Is")]
    sketch.prediction = (20, "high")
    try SampleRun.merge([sketch.delta(prompt: 0, origin: .domain)], into: atlas)
    return (try RunIndex.open(folder.run), folder)
  }

  @Test(
    arguments: [
      ("fever", [10, 11]), (" fever", [11]), ("high", [20]), (" high", [20]), ("Is", [12]), (" Is", [12]), ("is", [12]),
      ("FEVER", [10, 11]), ("feve", []), ("", []),
    ] as [(String, [Int32])])
  func aWordMeansItsTokensWithAndWithoutASpace(text: String, tokens: [Int32]) throws {
    #expect(try index().index.tokens(named: text) == tokens)
  }

  @Test func somethingSimilarIsOffered() throws {
    let index = try index().index
    #expect(try index.tokens(similarTo: "Feverish", limit: 3) == [" fever", "fever"])
    #expect(try index.tokens(similarTo: "fe", limit: 1) == [" fever"])
    #expect(try index.tokens(similarTo: "zebra", limit: 3) == [])
  }
}
