// autointerp
// What an aggregate keeps of one merged prompt, and its totals over prompts.
// SPDX-License-Identifier: Apache-2.0

/// The facts of one merged prompt.
package struct PromptRecord: Equatable, Sendable {
  package internal(set) var prompt: Int32
  package internal(set) var origin: PromptOrigin
  package internal(set) var tokenCount: Int32
  /// Neurons at positions.
  package internal(set) var nodeCount: Int32
  /// Edges between positions.
  package internal(set) var edgeCount: Int32
  package internal(set) var counts: GraphCounts
  package internal(set) var conservation: ConservationResiduals

  init(_ delta: EdgeDelta) {
    prompt = delta.prompt
    origin = delta.origin
    tokenCount = Int32(delta.graph.tokens.count)
    nodeCount = Int32(delta.graph.neurons.count)
    edgeCount = Int32(delta.graph.edges.count)
    counts = delta.graph.counts
    conservation = delta.graph.conservation
  }
}

/// Sums and extremes over the merged prompts, exact and independent of their order.
package struct AggregateTotals: Equatable, Sendable {
  package internal(set) var domainPrompts = 0
  package internal(set) var baselinePrompts = 0
  package internal(set) var tokens: Int64 = 0
  /// Neurons at positions.
  package internal(set) var nodes: Int64 = 0
  /// Edges between positions: the "edge updates" of a run.
  package internal(set) var edges: Int64 = 0
  package internal(set) var candidateNeurons: Int64 = 0
  package internal(set) var candidateEdges: Int64 = 0
  package internal(set) var truncatedPrompts = 0
  /// The largest of each residual.
  package internal(set) var worstResiduals = ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0)
  /// The smallest shares kept by the selection of neurons and of edges; 1 without prompts.
  package internal(set) var leastKeptRelpShare: Float = 1
  package internal(set) var leastKeptFlowShare: Float = 1

  init() {}

  package var prompts: Int { domainPrompts + baselinePrompts }

  /// The largest of the worst residuals.
  package var worstResidual: Float {
    max(worstResiduals.nodeTotal, worstResiduals.layerCut, worstResiduals.directEffects)
  }

  mutating func add(_ record: PromptRecord) {
    if record.origin == .domain { domainPrompts += 1 } else { baselinePrompts += 1 }
    tokens += Int64(record.tokenCount)
    nodes += Int64(record.nodeCount)
    edges += Int64(record.edgeCount)
    candidateNeurons += Int64(record.counts.candidateNeurons)
    // Saturates, which is as order-free as the sum.
    let (sum, overflow) = candidateEdges.addingReportingOverflow(record.counts.candidateEdges)
    candidateEdges = overflow ? .max : sum
    if record.counts.truncated { truncatedPrompts += 1 }
    worstResiduals.nodeTotal = max(worstResiduals.nodeTotal, record.conservation.nodeTotal)
    worstResiduals.layerCut = max(worstResiduals.layerCut, record.conservation.layerCut)
    worstResiduals.directEffects = max(worstResiduals.directEffects, record.conservation.directEffects)
    leastKeptRelpShare = min(leastKeptRelpShare, record.counts.keptRelpShare)
    leastKeptFlowShare = min(leastKeptFlowShare, record.counts.keptFlowShare)
  }
}
