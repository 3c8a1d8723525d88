// autointerp
// `ModelCalibration` is the file in which `autointerp calibrate` stores its findings about one model.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// How well scores agree with interventions on one model, with one template, metric and corpus.
package struct ModelCalibration: Equatable, Sendable {
  package static let schema = "autointerp.calibration/2"

  package var modelName: String
  package var modelFingerprint: String
  /// The kind of metric, such as `logprob`: `Metric.Kind`.
  package var metric: Metric.Kind
  /// The kind of prompts: `raw`, `chatml`, `llama3`, or a digest of another template.
  package var template: String
  package var corpusName: String
  package var corpusDigest: String
  package var promptCount: Int
  /// By rule.
  package var calibrations: [AttributionRule: TrustCalibration]
  /// How well scores agree with interventions, by rule, position and layers.
  package var agreement: AgreementTable

  package init(
    modelName: String, modelFingerprint: String, metric: Metric.Kind, template: String, corpusName: String,
    corpusDigest: String, promptCount: Int, calibrations: [AttributionRule: TrustCalibration],
    agreement: AgreementTable
  ) {
    self.modelName = modelName
    self.modelFingerprint = modelFingerprint
    self.metric = metric
    self.template = template
    self.corpusName = corpusName
    self.corpusDigest = corpusDigest
    self.promptCount = promptCount
    self.calibrations = calibrations
    self.agreement = agreement
  }

  /// A description in one line.
  package var summary: String {
    "calibrated on \(promptCount) prompts of \(corpusName) (template \(template), metric \(metric.rawValue))"
  }

  /// The agreement of a rule's scores beyond position 0 in one line; nil if it was not measured.
  package func quote(_ rule: AttributionRule) -> String? {
    agreement.overall(rule, .later).map { "\(rule.rawValue) beyond position 0: \($0.quote)" }
  }

  /// Writes the file.
  package func json() -> [UInt8] {
    var json = JSONByteWriter(reservingCapacity: 1 << 14)
    json.beginObject(lines: true)
    json.field("schema", Self.schema)
    json.field("model", modelName)
    json.field("model_fingerprint", modelFingerprint)
    json.field("metric", metric.rawValue)
    json.field("template", template)
    json.field("corpus", corpusName)
    json.field("corpus_digest", corpusDigest)
    json.field("prompts", promptCount)
    json.key("trust")
    json.beginArray(lines: true)
    for rule in AttributionRule.allCases {
      for features in TrustFeatures.all {
        guard let cell = calibrations[rule]?.cells[features] else { continue }
        json.beginObject()
        json.field("rule", rule.rawValue)
        features.write(to: &json)
        json.field("count", cell.count)
        json.field("right", cell.right)
        json.end()
      }
    }
    json.end()
    json.key("agreement")
    agreement.write(to: &json)
    json.end()
    return json.bytes
  }

  /// - Throws: `CircuitError.unreadableGraph` if the bytes are not such a file.
  package init(json bytes: [UInt8]) throws(CircuitError) {
    func wrong(_ part: String, _ expected: String, _ found: String) -> CircuitError {
      .unreadableGraph(part: "calibration, \(part)", expected: expected, found: found)
    }
    let parsed: JSONValue
    do throws(JSONError) {
      parsed = try JSONValue(parsing: bytes)
    } catch {
      throw wrong("file", "JSON that autointerp calibrate wrote", "\(error)")
    }
    guard let file = parsed.object, let schema = file["schema"]?.string, schema.hasPrefix("autointerp.calibration/")
    else { throw wrong("schema", Self.schema, parsed.object?["schema"]?.summary ?? "none") }
    guard schema == Self.schema else {
      throw wrong("schema", "\(Self.schema): another version of autointerp wrote it", schema)
    }
    func string(_ key: String) throws(CircuitError) -> String {
      guard let text = file[key]?.string else { throw wrong(key, "a string", file[key]?.summary ?? "nothing") }
      return text
    }
    var cells: [AttributionRule: [TrustFeatures: TrustCalibration.Cell]] = [:]
    for (number, entry) in (file["trust"]?.array ?? []).enumerated() {
      guard let entry = entry.object, let rule = entry["rule"]?.string.flatMap(AttributionRule.init(rawValue:)),
        let first = entry["first_position"]?.boolean, let stream = entry["stream_class"]?.integer,
        let agree = entry["rules_agree"]?.boolean, let count = entry["count"]?.integer,
        let right = entry["right"]?.integer, (0...count).contains(right),
        let features = TrustFeatures.all.first(where: {
          $0.isFirstPosition == first && $0.streamClass == stream && $0.rulesAgree == agree
        })
      else { throw wrong("trust[\(number)]", "rule, features, count and right", entry.summary) }
      cells[rule, default: [:]][features] = TrustCalibration.Cell(count: count, right: right)
    }
    guard let prompts = file["prompts"]?.integer else { throw wrong("prompts", "a number", "nothing") }
    guard let metric = Metric.Kind(rawValue: try string("metric")) else {
      throw wrong("metric", Metric.Kind.allCases.map(\.rawValue).joined(separator: ", "), try string("metric"))
    }
    guard let rows = file["agreement"]?.array, let agreement = AgreementTable(json: rows) else {
      throw wrong("agreement", "rows of agreement", file["agreement"]?.summary ?? "nothing")
    }
    self.init(
      modelName: try string("model"), modelFingerprint: try string("model_fingerprint"), metric: metric,
      template: try string("template"), corpusName: try string("corpus"), corpusDigest: try string("corpus_digest"),
      promptCount: prompts, calibrations: cells.mapValues { TrustCalibration(cells: $0) },
      agreement: agreement)
  }
}
