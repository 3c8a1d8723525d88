// autointerp
// What a finished run's file says in a few numbers.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// The numbers of a run's aggregate tables and deltas, for whoever lists runs without reading them back.
package struct StoredFigures: Equatable, Sendable {
  package var domainPrompts = 0
  package var baselinePrompts = 0
  package var neurons = 0
  package var edges = 0
  /// Edges between positions, over all prompts.
  package var edgeUpdates: Int64 = 0
  package var worstConservationResidual: Double = 0
  package var deltaBytes: Int64 = 0
  package var computeMilliseconds: Int64 = 0
  /// Sorted.
  package var computeKernels: [String] = []
  /// When the first delta began to be computed and the last one came, in milliseconds since 1970; nil without deltas.
  package var firstBegunAt: Int64?
  package var lastReceivedAt: Int64?

  package init() {}
}

extension RunAtlas {
  /// The figures of the stored aggregate; nil when its tables were never written, or are older than the deltas.
  ///
  /// - Complexity: O(prompts); payloads are not read
  package func figures() throws(AtlasError) -> StoredFigures? {
    try surfacing(path) {
      try pool.read { db in
        guard let aggregate = try Row.fetchOne(db, sql: "SELECT * FROM aggregate"),
          let deltas = try Row.fetchOne(
            db,
            sql: """
              SELECT count(*), coalesce(sum(length(payload)), 0), coalesce(sum(min(compute_ms, 2592000000)), 0),
                min(received_at - compute_ms), max(received_at) FROM deltas
              """),
          let graphs = try Row.fetchOne(
            db,
            sql: """
              SELECT coalesce(sum(edges), 0), coalesce(
                max(max(node_total_residual, layer_cut_residual, direct_effects_residual)), 0.0) FROM prompt_graphs
              """)
        else { return nil }
        var figures = StoredFigures()
        figures.domainPrompts = aggregate["domain_prompts"]
        figures.baselinePrompts = aggregate["baseline_prompts"]
        guard figures.domainPrompts + figures.baselinePrompts == deltas[0] as Int else { return nil }
        figures.neurons = aggregate["neurons"]
        figures.edges = aggregate["edges"]
        figures.deltaBytes = deltas[1]
        figures.computeMilliseconds = deltas[2]
        figures.firstBegunAt = deltas[3]
        figures.lastReceivedAt = deltas[4]
        figures.edgeUpdates = graphs[0]
        figures.worstConservationResidual = graphs[1]
        figures.computeKernels = try String.fetchAll(
          db, sql: "SELECT DISTINCT compute_kernel FROM deltas ORDER BY compute_kernel")
        return figures
      }
    }
  }
}
