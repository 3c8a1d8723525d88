// autointerp
// The canonical encoding of an edge delta: what is sent, digested and stored.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// A delta's payload is one MessagePack map. Its bytes are a function of the delta alone: keys in the order below, each
/// number in its smallest form, columns as `bin` of little-endian 4-byte values.
///
/// | key | type |
/// |---|---|
/// | `v` | integer, version of the payload, 1 |
/// | `prompt` | integer, the prompt's number in the run |
/// | `origin` | string, `domain` or `baseline` |
/// | `tokens` | column of Int32, `T` values |
/// | `metric` | map: `kind` string, `position` integer, `value` float64; columns of `K` values: `tokens` Int32, `logits`, `probabilities`, `weights` Float32 |
/// | `neurons` | map of columns of `N` values: `layer`, `index`, `position` Int32; `activation`, `gradient`, `relp` Float32 |
/// | `embedding_relp` | column of Float32, `T` values |
/// | `edges` | map of columns of `E` values: `source`, `target` Int32; `effect`, `flow` Float32 |
/// | `conservation` | map of float32: `node_total`, `layer_cut`, `direct_effects` |
/// | `counts` | map: `candidate_neurons`, `candidate_edges` integers, `truncated` boolean, `kept_relp_share`, `kept_flow_share` float32 |
/// | `vocabulary` | map: `ids` column of Int32, `texts` array of strings |
extension EdgeDelta {
  /// The version of the payload's layout.
  static let payloadVersion = 1

  /// The delta's canonical bytes.
  package func payload() -> [UInt8] {
    let columnBytes =
      4 * (6 * graph.neurons.count + 4 * graph.edges.count + 2 * graph.tokens.count + 4 * graph.metric.targets.count)
    let writer = MessageWriter(capacity: columnBytes + 1024 + 24 * vocabulary.count)
    writer.map(count: 11)
    writer.field("v", Self.payloadVersion)
    writer.field("prompt", prompt)
    writer.field("origin", origin.rawValue)
    writer.field("tokens", graph.tokens)
    writer.write(graph.metric)
    writer.write(graph.neurons)
    writer.field("embedding_relp", graph.embeddingRelp)
    writer.write(graph.edges)
    writer.write(graph.conservation)
    writer.write(graph.counts)
    writer.write(vocabulary)
    return writer.bytes
  }

  /// Decodes a payload and holds it to the contract of a delta (`EdgeDelta.validate`). What passes can be merged.
  ///
  /// - Throws: `ProtocolError` for any other bytes. O(bytes); allocates no more than a small multiple of them.
  package init(payload: [UInt8]) throws(ProtocolError) {
    self = try FieldMap.read(payload, .document, path: "payload") { fields throws(ProtocolError) in
      let version: Int64 = try fields.integer("v")
      guard version == Self.payloadVersion else {
        throw .unsupportedVersion(found: version, supported: Self.payloadVersion)
      }
      let tokens = try fields.int32Column("tokens")
      let delta = EdgeDelta(
        prompt: try fields.integer("prompt", in: 0 ... .max),
        origin: try fields.choice("origin", of: PromptOrigin.self),
        graph: AttributionGraph(
          tokens: tokens, metric: try Metric(fields.fields("metric")),
          neurons: try NeuronColumns(fields.fields("neurons")),
          embeddingRelp: try fields.floatColumn("embedding_relp", count: tokens.count),
          edges: try EdgeColumns(fields.fields("edges")),
          conservation: try ConservationResiduals(fields.fields("conservation")),
          counts: try GraphCounts(fields.fields("counts"))),
        vocabulary: try [TokenText](vocabulary: fields.fields("vocabulary")))
      do {
        try delta.validate()
      } catch {
        throw .invalid(field: "payload", reason: "breaks the contract of a delta: \(error)")
      }
      return delta
    }
  }
}
