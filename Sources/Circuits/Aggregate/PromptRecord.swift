// autointerp
// `PromptRecord` holds the facts of one merged prompt, and `AggregateTotals` sums them over all merged prompts.
// SPDX-License-Identifier: Apache-2.0

/// The facts of one merged prompt.
package struct PromptRecord: Equatable, Sendable {
  package internal(set) var prompt: Int32
  package internal(set) var origin: PromptOrigin
  package internal(set) var tokenCount: Int32
  /// The number of neurons, each counted at every position.
  package internal(set) var nodeCount: Int32
  /// The number of edges between positions.
  package internal(set) var edgeCount: Int32
  package internal(set) var verifiedCount: Int32
  package internal(set) var counts: GraphCounts
  package internal(set) var conservation: ConservationResiduals

  init(_ delta: EdgeDelta) {
    prompt = delta.prompt
    origin = delta.origin
    tokenCount = Int32(delta.graph.tokens.count)
    nodeCount = Int32(delta.graph.neurons.count)
    edgeCount = Int32(delta.graph.edges.count)
    verifiedCount = Int32(delta.graph.verified.count)
    counts = delta.graph.counts
    conservation = delta.graph.conservation
    // `max(0, -0)` depends on the order, so there is only one zero. Adding 0 turns -0 into 0.
    counts.keptScoreShare += 0
    counts.keptFlowShare += 0
    conservation.nodeTotal += 0
    conservation.layerCut += 0
    conservation.directEffects += 0
  }
}

/// Sums and extremes over the merged prompts. They are exact and do not depend on the order.
package struct AggregateTotals: Equatable, Sendable {
  package internal(set) var domainPrompts = 0
  package internal(set) var baselinePrompts = 0
  /// Of all other groups.
  package internal(set) var otherPrompts = 0
  package internal(set) var tokens: Int64 = 0
  /// The number of neurons, each counted at every position.
  package internal(set) var nodes: Int64 = 0
  /// The number of edges between positions: the "edge updates" of a run.
  package internal(set) var edges: Int64 = 0
  /// How many neurons at positions had their removal measured.
  package internal(set) var verifiedNodes: Int64 = 0
  package internal(set) var candidateNeurons: Int64 = 0
  package internal(set) var candidateEdges: Int64 = 0
  package internal(set) var truncatedPrompts = 0
  /// The largest of each residual.
  package internal(set) var worstResiduals = ConservationResiduals(nodeTotal: 0, layerCut: 0, directEffects: 0)
  /// The smallest shares kept by the selection of neurons and of edges. 1 without prompts.
  package internal(set) var leastKeptScoreShare: Float = 1
  package internal(set) var leastKeptFlowShare: Float = 1
  /// How much of each layer's |score| the selected neurons carry.
  package internal(set) var coverage = LayerCoverage()

  init() {}

  package var prompts: Int { domainPrompts + baselinePrompts + otherPrompts }

  /// The largest of the worst residuals.
  package var worstResidual: Float {
    max(worstResiduals.nodeTotal, worstResiduals.layerCut, worstResiduals.directEffects)
  }

  mutating func add(_ record: PromptRecord) {
    switch record.origin.column {
    case .domain: domainPrompts += 1
    case .baseline: baselinePrompts += 1
    case .other: otherPrompts += 1
    }
    tokens += Int64(record.tokenCount)
    nodes += Int64(record.nodeCount)
    edges += Int64(record.edgeCount)
    verifiedNodes += Int64(record.verifiedCount)
    candidateNeurons += Int64(record.counts.candidateNeurons)
    // Saturate instead of overflowing; that does not depend on the order either.
    let (sum, overflow) = candidateEdges.addingReportingOverflow(record.counts.candidateEdges)
    candidateEdges = overflow ? .max : sum
    if record.counts.truncated { truncatedPrompts += 1 }
    worstResiduals.nodeTotal = max(worstResiduals.nodeTotal, record.conservation.nodeTotal)
    worstResiduals.layerCut = max(worstResiduals.layerCut, record.conservation.layerCut)
    worstResiduals.directEffects = max(worstResiduals.directEffects, record.conservation.directEffects)
    leastKeptScoreShare = min(leastKeptScoreShare, record.counts.keptScoreShare)
    leastKeptFlowShare = min(leastKeptFlowShare, record.counts.keptFlowShare)
  }
}
