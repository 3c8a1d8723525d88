// autointerp
// Tests reading files of minimal pairs.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Corpora

@Suite struct PairFileTests {
  @Test func readsAPairALine() throws {
    let text = """
      {"prompt": "The key", "corrupt": "The keys", "contrast": [" is", " are"], "template": 3}

      {"prompt": "One", "corrupt": "Two", "contrast": ["#5", " b"]}
      """
    let pairs = try PairFile(file: "p.jsonl", contents: Data(text.utf8)).pairs
    #expect(
      pairs == [
        CorpusPair(prompt: "The key", corrupt: "The keys", answer: " is", other: " are", template: 3),
        CorpusPair(prompt: "One", corrupt: "Two", answer: "#5", other: " b", template: 0),
      ])
  }

  @Test(arguments: [
    #"{"prompt": "a"}"#, #"{"prompt": "a", "corrupt": "b", "contrast": ["x"]}"#, "nonsense",
    #"{"prompt": "a", "corrupt": "b", "contrast": ["x", "x"]}"#,
    #"{"prompt": "a", "corrupt": "a", "contrast": ["x", "y"]}"#,
  ])
  func refusesOtherLinesWithTheirNumber(line: String) {
    let contents = Data(#"{"prompt": "a", "corrupt": "b", "contrast": ["x", "y"]}"#.utf8) + Data("\n\(line)".utf8)
    #expect { try PairFile(file: "p.jsonl", contents: contents) } throws: {
      ($0 as? CorpusError)?.place == .line(2)
    }
  }

  @Test func refusesAFileWithoutPairs() {
    #expect(throws: CorpusError.self) { try PairFile(file: "p.jsonl", contents: Data("\n\n".utf8)) }
  }

  @Test(arguments: ["agreement", "indirect-object", "capitals", "medical"]) func ownCorporaAreLargeEnough(
    name: String
  ) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    let pairs = try PairFile(path: root.appending(path: "scripts/corpora/pairs/\(name).jsonl").path).pairs
    #expect(pairs.count >= 200)
    #expect(Set(pairs).count == pairs.count)
    #expect(Set(pairs.map(\.template)).count >= 2)
  }
}
