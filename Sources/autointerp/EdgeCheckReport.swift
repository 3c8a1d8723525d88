// autointerp
// `EdgeCheckReport` shows how edges agree with interventions.
// SPDX-License-Identifier: Apache-2.0

internal import Causality
internal import Circuits
internal import Inference
internal import JSON

/// Shows checked edges as text or JSON.
struct EdgeCheckReport {
  let edges: [CheckedEdge]
  let promptCount: Int

  private func fixed(_ value: Double?) -> String { value.map { ReadableNumber.fixed($0, decimals: 2) } ?? "-" }

  func text() -> String {
    var lines = [
      "\(ReadableNumber.grouped(edges.count)) edges between neurons of \(promptCount) prompt\(promptCount == 1 ? "" : "s"), those "
        + "with the largest |flow|: their source was removed, their target measured",
      "direct: all other neurons keep their values; full: everything answers. Against RelP's effect", "",
      "layers apart".leading(14) + "edges".trailing(6) + "r direct".trailing(10) + "r full".trailing(8)
        + "signs direct".trailing(14) + "signs full".trailing(12) + "direct / effect".trailing(17),
    ]
    for row in EdgeAgreement.byDistance(edges) {
      let name =
        row.distances.count == 1
        ? "\(row.distances.lowerBound)"
        : row.distances.upperBound >= 1000
          ? "\(row.distances.lowerBound) and more" : "\(row.distances.lowerBound) to \(row.distances.upperBound)"
      lines.append(
        name.leading(14) + "\(row.count)".trailing(6) + fixed(row.directCorrelation).trailing(10)
          + fixed(row.fullCorrelation).trailing(8) + "\(fixed(row.directSigns * 100)) %".trailing(14)
          + "\(fixed(row.fullSigns * 100)) %".trailing(12) + fixed(row.directRatio).trailing(17))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  func json() -> [UInt8] {
    var json = JSONByteWriter()
    func write(_ place: NeuronPlace) {
      json.beginObject()
      json.field("neuron", "\(NeuronID(layer: place.layer, index: place.index))")
      json.field("position", place.position)
      json.end()
    }
    json.beginObject(lines: true)
    json.field("schema", "autointerp.edges/1")
    json.key("edges")
    json.beginArray(lines: true)
    for edge in edges {
      json.beginObject()
      json.key("source")
      write(edge.source)
      json.key("target")
      write(edge.target)
      json.field("effect", edge.effect)
      json.field("flow", edge.flow)
      json.field("direct", edge.direct)
      json.field("full", edge.full)
      json.end()
    }
    json.end()
    json.end()
    return json.bytes
  }
}
