// autointerp
// `ProjectionReport` writes the projections of neurons as text or JSON.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import Inference
internal import JSON
internal import Platform

/// Collects projections in one of two formats.
struct ProjectionReport {
  private let modelName: String
  private let appliesFinalGain: Bool
  private let chanceZScore: Float
  private let tokenText: (Int32) -> String
  private var text = ""
  private var json: JSONByteWriter?

  init(
    modelName: String, appliesFinalGain: Bool, chanceZScore: Float, json: Bool,
    tokenText: @escaping (Int32) -> String
  ) {
    self.modelName = modelName
    self.appliesFinalGain = appliesFinalGain
    self.chanceZScore = chanceZScore
    self.tokenText = tokenText
    if json {
      var writer = JSONByteWriter()
      writer.beginObject(lines: true)
      writer.field("schema", "autointerp.projection/1")
      writer.field("model", modelName)
      writer.field("final_norm_gain", appliesFinalGain)
      writer.field("chance_z", chanceZScore)
      writer.key("input_projection")
      writer.beginObject()
      writer.field("norm_gain", true)
      writer.field("meaningful_for", "first layers")
      writer.end()
      writer.key("neurons")
      writer.beginArray(lines: true)
      self.json = writer
    } else {
      text = """
        \(modelName), output projection \(appliesFinalGain ? "with" : "without") the final norm's gain, \
        input projection with the MLP norm's
        z: distance from the mean, in standard deviations for random directions; |z| below \
        \(Self.number(chanceZScore, 1)) is noise

        """
    }
  }

  mutating func append(_ projection: NeuronProjection) {
    if json != nil { appendJSON(projection) } else { appendText(projection) }
  }

  /// The finished report.
  consuming func finish() -> [UInt8] {
    guard var json else { return Array(text.utf8) }
    json.end()
    json.end()
    return json.bytes
  }

  // MARK: Text

  private mutating func appendText(_ projection: NeuronProjection) {
    let output = projection.output
    text += "\n\(NeuronID(layer: projection.layer, index: projection.index))\n"
    text += "  output   \(Self.summary(output))\n"
    text += "    promotes when positive, suppresses when negative\n\(tokens(output.highest))"
    text += "    suppresses when positive, promotes when negative\n\(tokens(output.lowest))"
    text += "  input, if the residual stream were one token's embedding: says something in the first layers only\n"
    for (name, input) in [("gate", projection.gate), ("up", projection.up)] {
      text += "  \(name) reads\(String(repeating: " ", count: 5 - name.count))\(Self.summary(input))\n"
      text += "    most positive embeddings\n\(tokens(input.highest))"
      text += "    most negative embeddings\n\(tokens(input.lowest))"
    }
  }

  private func tokens(_ contributions: [TokenContribution]) -> String {
    contributions.map { entry in
      let value = Self.number(entry.value, 4)
      let padding = String(repeating: " ", count: max(0, 10 - value.count))
      let token = tokenText(entry.token).visible
      return "    \(padding)\(value)  z \(Self.number(entry.zScore, 1))  \"\(token)\"\n"
    }.joined()
  }

  private static func summary(_ projection: DirectionProjection) -> String {
    "norm \(number(projection.norm, 3)), values \(number(projection.minimum, 3)) to \(number(projection.maximum, 3)), "
      + "mean \(number(projection.mean, 4)), sd \(number(projection.standardDeviation, 4))"
  }

  private static func number(_ value: Float, _ digits: Int) -> String {
    String(format: "%.\(digits)f", Double(value))
  }

  // MARK: JSON

  private mutating func appendJSON(_ projection: NeuronProjection) {
    json?.beginObject()
    json?.key("neuron_id")
    json?.value(NeuronID(layer: projection.layer, index: projection.index))
    json?.field("layer", projection.layer)
    json?.field("neuron", projection.index)
    json?.key("output")
    writeDirection(
      projection.output, value: "logit", highest: "promoted_when_positive", lowest: "promoted_when_negative")
    json?.key("gate_input")
    writeDirection(projection.gate, value: "preactivation", highest: "most_positive", lowest: "most_negative")
    json?.key("up_input")
    writeDirection(projection.up, value: "preactivation", highest: "most_positive", lowest: "most_negative")
    json?.end()
  }

  private mutating func writeDirection(
    _ direction: DirectionProjection, value: StaticString, highest: StaticString, lowest: StaticString
  ) {
    json?.beginObject()
    json?.field("norm", direction.norm)
    json?.field("min", direction.minimum)
    json?.field("max", direction.maximum)
    json?.field("mean", direction.mean)
    json?.field("std", direction.standardDeviation)
    for (key, entries) in [(highest, direction.highest), (lowest, direction.lowest)] {
      json?.key(key)
      json?.beginArray()
      for entry in entries {
        json?.beginObject()
        json?.field("token", entry.token)
        json?.field("text", tokenText(entry.token))
        json?.field(value, entry.value)
        json?.field("z", entry.zScore)
        json?.end()
      }
      json?.end()
    }
    json?.end()
  }
}
