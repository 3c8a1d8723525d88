// autointerp
// `PromptTargetTests` tests how targets of single prompts are coded and which metrics they become.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@Suite struct PromptTargetTests {
  struct Unknown: Error {}

  @Test(arguments: [PromptTarget.tokens([" Paris"]), .tokens(["a", "#7", "ü"]), .contrast(" yes", " no")])
  func isReadBackAsItIsWritten(target: PromptTarget) {
    #expect(PromptTarget(text: target.text) == target)
  }

  @Test(arguments: ["", "tokens", "tokens\u{1F}", "contrast\u{1F}a", "contrast\u{1F}a\u{1F}b\u{1F}c", "other\u{1F}a"])
  func anythingElseIsRefused(text: String) { #expect(PromptTarget(text: text) == nil) }

  @Test func becomesAMetricOfTheRunsKind() throws {
    func token(_ name: String) throws(Unknown) -> Int32 {
      guard let id = Int32(name) else { throw Unknown() }
      return id
    }
    #expect(try PromptTarget.contrast("3", "4").specification(in: .logProbability([]), token: token) == .contrast(3, 4))
    let tokens = PromptTarget.tokens(["5", "6"])
    #expect(try tokens.specification(in: .logProbability([]), token: token) == .logProbability([5, 6]))
    #expect(try tokens.specification(in: .topLogits(count: 5), token: token) == .tokens([5, 6]))
    #expect(throws: Unknown.self) {
      try PromptTarget.tokens(["x"]).specification(in: .topLogits(count: 1), token: token)
    }
  }
}
