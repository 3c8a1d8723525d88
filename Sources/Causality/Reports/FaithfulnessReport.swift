// autointerp
// `FaithfulnessReport` shows faithfulness curves as text, JSON and SVG.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import Inference
internal import JSON

/// Shows how faithful circuits of several methods are.
package struct FaithfulnessReport {
  private let curves: [FaithfulnessCurve]
  private let uses: [PairUse]
  private let modelName: String
  private let pairs: [String]

  package init<Backend: ComputeBackend>(
    _ result: FaithfulnessEvaluation<Backend>.Result, modelName: String, pairs: [String]
  ) {
    curves = result.curves
    uses = result.uses
    self.modelName = modelName
    self.pairs = pairs
  }

  /// The point whose intervals the text tells: 2 % of the neurons.
  private static let middle = 6

  private func fixed(_ value: Double, _ decimals: Int = 2) -> String {
    ReadableNumber.fixed(value, decimals: decimals)
  }

  package func text() -> String {
    var lines: [String] = []
    for use in uses {
      let own = curves.filter { $0.ablation == use.ablation }
      lines.append(
        "\(use.ablation.rawValue) ablation: \(use.prompts.count) pairs"
          + (use.withoutBehaviour > 0
            ? "; \(use.withoutBehaviour) left out: the model does not prefer the answer, or not because of its neurons"
            : "")
          + (use.misaligned > 0 ? "; \(use.misaligned) left out: the prompts differ in length" : ""))
      guard let first = own.first else { continue }
      let shown = first.points.indices.dropFirst().dropLast()
      lines.append(
        "  F by size".leading(14)
          + shown.map { ReadableNumber.grouped(Int(first.points[$0].size)).trailing(8) }.joined()
          + "   CPR   CMD  size for 0.8")
      for curve in own {
        lines.append(
          "  \(curve.method.name)".leading(14)
            + shown.map { fixed(curve.points[$0].faithfulness.mean).trailing(8) }.joined()
            + fixed(curve.cpr).trailing(6) + fixed(curve.cmd).trailing(6)
            + (curve.size(for: 0.8).map { ReadableNumber.grouped(Int($0)) } ?? "-").trailing(14))
      }
      for curve in own {
        lines.append(
          "  \(curve.method.name) out".leading(14)
            + shown.map { fixed(curve.points[$0].complement.mean).trailing(8) }.joined())
      }
      if first.points.count > Self.middle {
        let intervals = own.compactMap { curve in
          let point = curve.points[Self.middle].faithfulness
          return point.low.flatMap { low in
            point.high.map { "\(curve.method.name) \(fixed(low)) to \(fixed($0))" }
          }
        }
        let size = ReadableNumber.grouped(Int(first.points[Self.middle].size))
        lines.append("  95 % intervals over pairs at \(size): " + intervals.joined(separator: ", "))
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  package func json() -> [UInt8] {
    var json = JSONByteWriter()
    json.beginObject(lines: true)
    json.field("schema", "autointerp.faithfulness/1")
    json.field("model", modelName)
    json.key("pairs")
    json.beginArray()
    for path in pairs { json.value(path) }
    json.end()
    json.key("ablations")
    json.beginArray(lines: true)
    for use in uses {
      json.beginObject()
      json.field("ablation", use.ablation.rawValue)
      json.field("pairs", use.prompts.count)
      json.field("misaligned", use.misaligned)
      json.field("without_behaviour", use.withoutBehaviour)
      json.key("prompts")
      json.beginArray()
      for prompt in use.prompts { json.value(prompt) }
      json.end()
      json.end()
    }
    json.end()
    json.key("curves")
    json.beginArray(lines: true)
    for curve in curves {
      json.beginObject()
      json.field("method", curve.method.name)
      json.field("ablation", curve.ablation.rawValue)
      json.field("cpr", curve.cpr)
      json.field("cmd", curve.cmd)
      if let size = curve.size(for: 0.8) { json.field("size_for_0_8", size) }
      json.key("points")
      json.beginArray()
      for point in curve.points {
        json.beginObject()
        json.field("share", point.share)
        json.field("size", point.size)
        for (name, estimate) in [("faithfulness", point.faithfulness), ("complement", point.complement)] {
          json.key(named: name)
          json.beginArray()
          json.value(estimate.mean)
          if let low = estimate.low, let high = estimate.high {
            json.value(low)
            json.value(high)
          }
          json.end()
        }
        json.end()
      }
      json.end()
      json.end()
    }
    json.end()
    json.end()
    return json.bytes
  }

  /// A panel for each ablation.
  package func svg() -> String {
    FaithfulnessPlot(
      uses.map { use in
        let title = "F by neurons kept, \(use.ablation.rawValue) ablation, \(use.prompts.count) pairs"
        return (title, curves.filter { $0.ablation == use.ablation })
      }
    ).svg()
  }
}
