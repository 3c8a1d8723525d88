// autointerp
// `EdgeDelta` is what a worker reports for one prompt: its graph and the texts of its tokens.
// SPDX-License-Identifier: Apache-2.0

/// The graph of one prompt of a run, as a worker sends it and the coordinator merges it.
package struct EdgeDelta: Equatable, Sendable {
  /// The prompt's number in the run's corpus.
  package var prompt: Int32
  package var origin: PromptOrigin
  package var graph: AttributionGraph
  /// The texts of all tokens in the graph (prompt tokens and traced logits), sorted by id without duplicates. They are
  /// sent because the coordinator has no tokenizer.
  package var vocabulary: [TokenText]

  package init(prompt: Int32, origin: PromptOrigin, graph: AttributionGraph, vocabulary: [TokenText]) {
    self.prompt = prompt
    self.origin = origin
    self.graph = graph
    self.vocabulary = vocabulary
  }
}

/// A token's id and printable text, with bytes that are not UTF-8 as `<0xE2>`.
package struct TokenText: Hashable, Sendable {
  package var id: Int32
  package var text: String

  package init(id: Int32, text: String) {
    self.id = id
    self.text = text
  }
}
