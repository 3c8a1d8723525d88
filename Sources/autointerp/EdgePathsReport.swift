// autointerp
// `EdgePathsReport` prints how the effect of one edge travels through the heads.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
internal import Circuits
internal import JSON

/// An edge's paths through the heads, as text or JSON.
struct EdgePathsReport {
  private let paths: EdgePaths
  private let metric: MetricSpecification
  private let rule: AttributionRule

  init(_ paths: EdgePaths, metric: MetricSpecification, rule: AttributionRule) {
    self.paths = paths
    self.metric = metric
    self.rule = rule
  }

  private static let shownSteps = 20

  func text() -> String {
    var lines = [
      "\(paths.source) -> \(paths.target): effect \(paths.effect), flow \(paths.flow) (rule \(rule.rawValue))",
      "The value paths of attention, which are linear here: in each layer, what passes by and what the heads carry add",
      "up to the effect. Why the heads attend there (queries and keys) is not shown.", "",
      "Layers (share of the effect that passes by, and that heads carry)",
    ]
    for layer in paths.layers {
      let heads = layer.steps.reduce(Float(0)) { $0 + $1.effect }
      let name = "  L\(layer.layer)".leading(8)
      lines.append(name + share(layer.bypass).trailing(12) + share(heads).trailing(12))
    }
    lines += ["", "Strongest steps (head, from position to position, share of the effect, attention there)"]
    for step in paths.strongest.prefix(Self.shownSteps) {
      let name = "  L\(step.layer)H\(step.head)".leading(10) + "\(step.from) -> \(step.to)".leading(14)
      let attention = ReadableNumber.fixed(Double(step.attention), decimals: 4).trailing(10)
      lines.append(name + share(step.effect).trailing(12) + attention)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func share(_ effect: Float) -> String {
    guard paths.effect != 0 else { return "-" }
    return "\(ReadableNumber.fixed(Double(effect / paths.effect) * 100, decimals: 2, signed: true)) %"
  }

  func json() -> [UInt8] {
    var json = JSONByteWriter(reservingCapacity: 4096)
    json.beginObject(lines: true)
    json.field("schema", "autointerp.edge-paths/1")
    json.field("source", "\(paths.source)")
    json.field("target", "\(paths.target)")
    json.field("metric", metric.settingText)
    json.field("rule", rule.rawValue)
    json.field("effect", paths.effect)
    json.field("flow", paths.flow)
    json.key("layers")
    json.beginArray(lines: true)
    for layer in paths.layers {
      json.beginObject()
      json.field("layer", layer.layer)
      json.field("bypass", layer.bypass)
      json.key("steps")
      json.beginArray()
      for step in layer.steps {
        json.beginObject()
        json.field("head", step.head)
        json.field("from", step.from)
        json.field("to", step.to)
        json.field("effect", step.effect)
        json.field("attention", step.attention)
        json.end()
      }
      json.end()
      json.end()
    }
    json.end()
    json.end()
    return json.bytes
  }
}
