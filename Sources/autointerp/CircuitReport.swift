// autointerp
// `CircuitReport` shows a circuit that was found.
// SPDX-License-Identifier: Apache-2.0

internal import Causality
internal import Circuits
internal import JSON

/// Shows a circuit as text or JSON.
struct CircuitReport {
  private let circuit: FoundCircuit
  private let level: Double
  private let pairs: [PromptPair]
  private let ablation: CircuitAblation
  private let leftOut: Int
  private let modelName: String
  private let tokenText: (Int32) -> String
  private let seconds: Double

  init(
    _ circuit: FoundCircuit, level: Double, pairs: [PromptPair], ablation: CircuitAblation, leftOut: Int,
    modelName: String,
    tokenText: @escaping (Int32) -> String, seconds: Double
  ) {
    self.circuit = circuit
    self.level = level
    self.pairs = pairs
    self.ablation = ablation
    self.leftOut = leftOut
    self.modelName = modelName
    self.tokenText = tokenText
    self.seconds = seconds
  }

  private func fixed(_ value: Double, _ decimals: Int = 2) -> String {
    ReadableNumber.fixed(value, decimals: decimals)
  }

  private func line(_ name: String, _ check: FoundCircuit.Check) -> String {
    "\(name): F \(fixed(check.faithfulness)) alone, \(fixed(check.complement)) without it (metric falls by "
      + "\(fixed(check.metricFall))), same top token on \(fixed(check.sameAnswer * 100, 0)) % of \(check.pairCount) pairs"
  }

  func text(show: Int) -> String {
    let pair = pairs[0]
    var lines = [
      "\(ReadableNumber.grouped(circuit.members.count)) of \(ReadableNumber.grouped(circuit.candidateCount)) neurons at "
        + "positions keep the behaviour; the others are ablated (\(ablation.rawValue))",
      "Kept as well: all attention heads, and all neurons at position 0, where sinks are",
      "Such as: \(String(token: pair.text, width: 70)): \(String(token: tokenText(pair.answer))) over "
        + String(token: tokenText(pair.other)),
      line("Searched", circuit.found),
    ]
    if let heldOut = circuit.heldOut {
      lines.append(line("Held out", heldOut))
      if heldOut.faithfulness < level {
        lines.append(
          "WARNING: on pairs that the search has not seen the circuit keeps less than F \(fixed(level)); it fits the searched "
            + "pairs, and more of them (--limit) give one that holds")
      }
    }
    if leftOut > 0 {
      lines.append("\(leftOut) pairs left out: the model does not prefer the answer, or not because of its neurons")
    }
    lines.append("\(ReadableNumber.grouped(circuit.testCount)) passes, \(fixed(seconds, 1)) s")
    lines += [
      "", "neuron".leading(14) + "position".trailing(9) + "loss of F".trailing(11) + "   token of the first prompt",
    ]
    for member in circuit.members.prefix(show) {
      let place = member.place
      lines.append(
        "\(NeuronID(layer: place.layer, index: place.index))".leading(14) + "\(place.position)".trailing(9)
          + (member.loss.map { fixed($0, 3) } ?? "-").trailing(11) + "   "
          + String(token: tokenText(pair.tokens[place.position])))
    }
    if circuit.members.count > show { lines.append("... \(circuit.members.count - show) more") }
    return lines.joined(separator: "\n") + "\n"
  }

  func json() -> [UInt8] {
    var json = JSONByteWriter()
    json.beginObject(lines: true)
    json.field("schema", "autointerp.circuit/1")
    json.field("model", modelName)
    json.field("ablation", ablation.rawValue)
    json.field("size", circuit.members.count)
    json.field("candidates", circuit.candidateCount)
    json.field("passes", circuit.testCount)
    json.field("seconds", seconds)
    json.field("pairs_left_out", leftOut)
    for (name, check) in [("searched", circuit.found), ("held_out", circuit.heldOut)] {
      guard let check else { continue }
      json.key(named: name)
      json.beginObject()
      json.field("pairs", check.pairCount)
      json.field("faithfulness", check.faithfulness)
      json.field("complement", check.complement)
      json.field("metric_fall", check.metricFall)
      json.field("same_answer", check.sameAnswer)
      json.end()
    }
    json.key("prompts")
    json.beginArray(lines: true)
    for pair in pairs { json.value(pair.text) }
    json.end()
    json.key("members")
    json.beginArray(lines: true)
    for member in circuit.members {
      json.beginObject()
      json.field("neuron", "\(NeuronID(layer: member.place.layer, index: member.place.index))")
      json.field("position", member.place.position)
      if let loss = member.loss { json.field("loss", loss) }
      json.end()
    }
    json.end()
    json.end()
    return json.bytes
  }
}
