// autointerp
// `EdgeDelta.payload` encodes a delta as the bytes that are sent, digested and stored; `ValidDelta` decodes and validates them.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// A delta's payload is one MessagePack map. The bytes depend only on the delta: the keys are in the order below, each
/// number is in its smallest form, and columns are `bin` of little-endian 4-byte values.
///
/// | key | type |
/// |---|---|
/// | `v` | integer, version of the payload, 2 |
/// | `prompt` | integer, the prompt's number in the run |
/// | `origin` | string, the name of the prompt's group |
/// | `tokens` | column of Int32, `T` values |
/// | `rule` | string, `relp` or `gradient` |
/// | `metric` | map: `kind` string, `position` integer, `value`, `linear` float64; columns of `K` values: `tokens` Int32, `logits`, `probabilities`, `weights` Float32 |
/// | `neurons` | map of columns of `N` values: `layer`, `index`, `position` Int32; `activation`, `gradient`, `relp`, `gradient_score`, `stream_share` Float32 |
/// | `embedding_relp`, `embedding_gradient_score` | columns of Float32, `T` values |
/// | `verified` | map of columns of `V` values: `neuron`, `reason` Int32; `zero`, `twice`, `mean` Float32, empty if not asked for |
/// | `edges` | map of columns of `E` values: `source`, `target` Int32; `effect`, `flow` Float32 |
/// | `conservation` | map of float32: `node_total`, `layer_cut`, `direct_effects` |
/// | `counts` | map: `candidate_neurons`, `candidate_edges` integers, `truncated` boolean, `kept_score_share`, `kept_flow_share` float32 |
/// | `vocabulary` | map: `ids` column of Int32, `texts` array of strings |
/// | `layer_scores` | column of Float32, one a layer; left out if not known |
/// | `peaks` | map of columns of `P` values: `layer`, `index`, `position` Int32, `activation` Float32; left out if empty |
extension EdgeDelta {
  /// The version of the payload's layout.
  static let payloadVersion = 2

  /// The canonical bytes of the delta.
  package func payload() -> [UInt8] {
    let columnBytes =
      4 * (13 * graph.neurons.count + 4 * graph.edges.count + 3 * graph.tokens.count + 4 * graph.metric.targets.count)
      + 4 * (graph.layerScores.count + 4 * graph.peaks.count)
    let hasPeaks = graph.peaks.count > 0
    let writer = MessageWriter(capacity: columnBytes + 1024 + 24 * vocabulary.count)
    writer.map(count: 14 + (graph.layerScores.isEmpty ? 0 : 1) + (hasPeaks ? 1 : 0))
    writer.field("v", Self.payloadVersion)
    writer.field("prompt", prompt)
    writer.field("origin", origin.rawValue)
    writer.field("tokens", graph.tokens)
    writer.field("rule", graph.rule.rawValue)
    writer.write(graph.metric)
    writer.write(graph.neurons)
    writer.field("embedding_relp", graph.embeddingRelp)
    writer.field("embedding_gradient_score", graph.embeddingGradientScore)
    writer.write(graph.verified)
    writer.write(graph.edges)
    writer.write(graph.conservation)
    writer.write(graph.counts)
    writer.write(vocabulary)
    if !graph.layerScores.isEmpty { writer.field("layer_scores", graph.layerScores) }
    if hasPeaks { writer.write(graph.peaks) }
    return writer.bytes
  }

  /// Decodes a payload and validates the delta, as `ValidDelta` does.
  ///
  /// - Throws: `ProtocolError` for any other bytes.
  package init(payload: [UInt8]) throws(ProtocolError) { self = try ValidDelta(payload: payload).delta }
}

extension ValidDelta {
  /// Decodes a payload and validates the delta (`EdgeDelta.validate`).
  ///
  /// - Throws: `ProtocolError` for any other bytes. Takes O(bytes) and allocates at most a small multiple of them.
  package init(payload: [UInt8]) throws(ProtocolError) {
    self = try FieldMap.read(payload, .document, path: "payload") { fields throws(ProtocolError) in
      let version: Int64 = try fields.integer("v")
      if version == 1 {
        throw .invalid(
          field: "payload",
          reason:
            "is from an earlier autointerp, whose graphs had no rule: run the prompts again under another name, or "
            + "read this run with the version that made it")
      }
      guard version == EdgeDelta.payloadVersion else {
        throw .unsupportedVersion(found: version, supported: EdgeDelta.payloadVersion)
      }
      let tokens = try fields.int32Column("tokens")
      var delta = EdgeDelta(
        prompt: try fields.integer("prompt", in: 0 ... .max),
        origin: try fields.group("origin"),
        graph: AttributionGraph(
          tokens: tokens, metric: try Metric(fields.fields("metric")),
          rule: try fields.choice("rule", of: AttributionRule.self),
          neurons: try NeuronColumns(fields.fields("neurons")),
          embeddingRelp: try fields.floatColumn("embedding_relp", count: tokens.count),
          embeddingGradientScore: try fields.floatColumn("embedding_gradient_score", count: tokens.count),
          verified: try VerifiedNodes(fields.fields("verified")),
          edges: try EdgeColumns(fields.fields("edges")),
          conservation: try ConservationResiduals(fields.fields("conservation")),
          counts: try GraphCounts(fields.fields("counts"))),
        vocabulary: try [TokenText](vocabulary: fields.fields("vocabulary")))
      if fields.has("layer_scores") { delta.graph.layerScores = try fields.floatColumn("layer_scores") }
      if fields.has("peaks") { delta.graph.peaks = try PeakActivations(fields.fields("peaks")) }
      do {
        return try ValidDelta(delta)
      } catch {
        throw .invalid(field: "payload", reason: "is not a valid delta: \(error)")
      }
    }
  }
}
