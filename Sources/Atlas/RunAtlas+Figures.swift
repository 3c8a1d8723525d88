// autointerp
// `RunAtlas.figures` reads a finished run's key figures without reading its deltas.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

/// The figures of a run's aggregate tables and deltas, to list runs without rebuilding them.
package struct StoredFigures: Equatable, Sendable {
  package var domainPrompts = 0
  package var baselinePrompts = 0
  package var neurons = 0
  package var edges = 0
  /// The number of edges between positions, over all prompts.
  package var edgeUpdates: Int64 = 0
  package var worstConservationResidual: Double = 0
  package var deltaBytes: Int64 = 0
  package var computeMilliseconds: Int64 = 0
  /// Sorted.
  package var computeKernels: [String] = []
  /// When the computation of the first delta began and when the last one arrived, in milliseconds since 1970; nil
  /// without deltas.
  package var firstBegunAt: Int64?
  package var lastReceivedAt: Int64?
  /// Of the run's rule, over all layers, beyond and at position 0.
  package var agreement = AgreementTable(rows: [])

  package init() {}
}

extension RunAtlas {
  /// Returns the figures of the stored aggregate, or nil if its tables were never written or have another number of
  /// prompts than there are deltas. Whether they were made from these deltas, `RunLedger.isArchived` says.
  ///
  /// - Complexity: O(prompts). Payloads are not read.
  package func figures() throws(AtlasError) -> StoredFigures? {
    try surfacing(path) {
      try pool.read { db in
        guard let aggregate = try Row.fetchOne(db, sql: "SELECT * FROM aggregate"),
          let deltas = try Row.fetchOne(
            db,
            sql: """
              SELECT count(*) AS prompts, coalesce(sum(length(payload)), 0) AS bytes,
                coalesce(sum(min(compute_ms, 2592000000)), 0) AS compute_ms, min(received_at - compute_ms) AS begun_at,
                max(received_at) AS ended_at FROM deltas
              """),
          let graphs = try Row.fetchOne(
            db,
            sql: """
              SELECT coalesce(sum(edges), 0) AS edges, coalesce(
                max(max(node_total_residual, layer_cut_residual, direct_effects_residual)), 0.0) AS residual
              FROM prompt_graphs
              """)
        else { return nil }
        var figures = StoredFigures()
        figures.domainPrompts = try aggregate.checked("domain_prompts")
        figures.baselinePrompts = try aggregate.checked("baseline_prompts")
        let others: Int = try aggregate.checked("other_prompts")
        let stored: Int = try deltas.checked("prompts")
        guard figures.domainPrompts + figures.baselinePrompts + others == stored else { return nil }
        figures.neurons = try aggregate.checked("neurons")
        figures.edges = try aggregate.checked("edges")
        figures.deltaBytes = try deltas.checked("bytes")
        figures.computeMilliseconds = try deltas.checked("compute_ms")
        figures.firstBegunAt = Int64.fromDatabaseValue(deltas["begun_at"])
        figures.lastReceivedAt = Int64.fromDatabaseValue(deltas["ended_at"])
        figures.edgeUpdates = try graphs.checked("edges")
        figures.worstConservationResidual = try graphs.checked("residual")
        figures.computeKernels = try Self.computeKernels(db)
        figures.agreement = try Self.agreement(of: try Self.rule(db), in: db)
        return figures
      }
    }
  }

  /// The BLAS kernels that computed the stored deltas, sorted. O(prompts); payloads are not read.
  package func computeKernels() throws(AtlasError) -> [String] {
    try surfacing(path) { try pool.read(Self.computeKernels) }
  }

  private static func computeKernels(_ db: Database) throws -> [String] {
    try String.fetchAll(db, sql: "SELECT DISTINCT compute_kernel FROM deltas ORDER BY compute_kernel")
  }
}
