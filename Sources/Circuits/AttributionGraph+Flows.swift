// autointerp
// `AttributionGraph.endpointFlows` lists the edges of one prompt's graph without token positions.
// SPDX-License-Identifier: Apache-2.0

/// An edge of one prompt without positions.
package struct EndpointFlow: Equatable, Sendable {
  package var source: Endpoint
  package var target: Endpoint
  /// The sum over all pairs of positions, in the unit of the metric.
  package var flow: Double
}

extension AttributionGraph {
  /// The edges with the flows of all positions added, each pair of ends once: what `EdgeAggregate` merges. The graph must be
  /// valid.
  ///
  /// - Complexity: O(nodes + edges) on average
  package func endpointFlows() -> [EndpointFlow] {
    let (local, distinct) = FlowGrouping.localNumbers(of: self)
    var grouping = FlowGrouping()
    grouping.group(edges, local: local, distinctCount: distinct.count)
    return grouping.flows.map { flow in
      EndpointFlow(
        source: distinct[Int(flow.source)], target: distinct[Int(flow.target)], flow: FixedPoint.value(flow.number))
    }
  }
}
