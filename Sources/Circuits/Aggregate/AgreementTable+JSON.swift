// autointerp
// `AgreementTable` is written to and read from JSON here, and quoted in one line.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

extension AgreementTable {
  func write(to json: inout JSONByteWriter) {
    json.beginArray(lines: true)
    for row in rows {
      json.beginObject()
      json.field("rule", row.rule.rawValue)
      json.field("position", row.position.rawValue)
      json.field("layers", row.layers.rawValue)
      json.field("nodes", row.agreement.nodes)
      json.field("prompts", row.agreement.prompts)
      row.agreement.writeEstimates(to: &json)
      json.end()
    }
    json.end()
  }

  /// Reads what `write` wrote; nil for anything else.
  init?(json rows: [JSONValue]) {
    var read: [Row] = []
    for value in rows {
      guard let row = value.object, let rule = row["rule"]?.string.flatMap(AttributionRule.init(rawValue:)),
        let position = row["position"]?.string.flatMap(Position.init(rawValue:)),
        let layers = row["layers"]?.string.flatMap(Layers.init(rawValue:)), let nodes = row["nodes"]?.integer,
        let prompts = row["prompts"]?.integer, nodes >= 0, prompts >= 0
      else { return nil }
      func estimate(_ key: String) -> ScoreAgreement.Estimate? {
        guard let entry = row[key]?.object, let value = entry["value"]?.number else { return nil }
        let interval = entry["interval"]?.array?.compactMap(\.number) ?? []
        let isWhole = interval.count == 2
        return ScoreAgreement.Estimate(
          value: value, low: isWhole ? interval[0] : nil, high: isWhole ? interval[1] : nil)
      }
      read.append(
        Row(
          rule: rule, position: position, layers: layers,
          agreement: ScoreAgreement(
            nodes: nodes, prompts: prompts, correlation: estimate("correlation"),
            rankCorrelation: estimate("rank_correlation"), signAgreement: estimate("sign_agreement"),
            withinQuarter: estimate("within_25_percent"))))
    }
    self.init(rows: read)
  }
}

extension ScoreAgreement {
  /// Writes the statistics as members of the open object.
  func writeEstimates(to json: inout JSONByteWriter) {
    for (name, estimate) in [
      ("correlation" as StaticString, correlation), ("rank_correlation", rankCorrelation),
      ("sign_agreement", signAgreement), ("within_25_percent", withinQuarter),
    ] {
      json.key(name)
      guard let estimate else {
        json.null()
        continue
      }
      json.beginObject()
      json.field("value", Float(estimate.value))
      json.key("interval")
      if let low = estimate.low, let high = estimate.high {
        json.beginArray()
        json.value(Float(low))
        json.value(Float(high))
        json.end()
      } else {
        json.null()
      }
      json.end()
    }
  }

  /// The statistics in words, for example `r 0.86 (0.76 to 0.96), signs 98 (97 to 99) %, within 25 % 80 (77 to 83) %`.
  package var quote: String {
    func text(_ estimate: Estimate?, percent: Bool) -> String {
      guard let estimate else { return "-" }
      func number(_ value: Double) -> String {
        percent ? ReadableNumber.fixed(value * 100, decimals: 0) : ReadableNumber.fixed(value, decimals: 2)
      }
      guard let low = estimate.low, let high = estimate.high else { return number(estimate.value) }
      return "\(number(estimate.value)) (\(number(low)) to \(number(high)))"
    }
    return "r \(text(correlation, percent: false)), signs \(text(signAgreement, percent: true)) %, "
      + "within 25 % \(text(withinQuarter, percent: true)) %"
  }
}
