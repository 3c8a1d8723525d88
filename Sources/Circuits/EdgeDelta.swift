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

  package init(prompt: Int32, origin: PromptOrigin, graph: AttributionGraph) {
    self.prompt = prompt
    self.origin = origin
    self.graph = graph
  }
}
