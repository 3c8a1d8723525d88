// autointerp
// What a worker reports for one prompt.
// SPDX-License-Identifier: Apache-2.0

/// Where a prompt comes from.
package enum PromptOrigin: String, Hashable, Sendable, CaseIterable {
  case domain
  case baseline
}

/// The graph of one prompt of a run, as merged by the coordinator.
package struct EdgeDelta: Equatable, Sendable {
  /// The prompt's number in the run's corpus.
  package var prompt: Int32
  package var origin: PromptOrigin
  package var graph: AttributionGraph
  /// The text of every token that the graph mentions (prompt tokens and traced logits), sorted by id without
  /// duplicates: the coordinator has no tokenizer.
  package var vocabulary: [TokenText]

  package init(prompt: Int32, origin: PromptOrigin, graph: AttributionGraph, vocabulary: [TokenText]) {
    self.prompt = prompt
    self.origin = origin
    self.graph = graph
    self.vocabulary = vocabulary
  }
}

/// A token's id and printable text (bytes that are not UTF-8 as `<0xE2>`).
package struct TokenText: Hashable, Sendable {
  package var id: Int32
  package var text: String

  package init(id: Int32, text: String) {
    self.id = id
    self.text = text
  }
}
