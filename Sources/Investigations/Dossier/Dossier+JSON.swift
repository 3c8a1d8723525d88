// autointerp
// `Dossier.json` writes a dossier as JSON.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON

extension Dossier {
  package func json() -> [UInt8] {
    var json = JSONByteWriter()
    write(to: &json)
    return json.bytes
  }

  /// Several dossiers as one document.
  package static func json(_ dossiers: [Dossier]) -> [UInt8] {
    var json = JSONByteWriter()
    json.beginObject(lines: true)
    json.field("schema", "autointerp.investigations/1")
    json.key("neurons")
    json.beginArray(lines: true)
    for dossier in dossiers { dossier.write(to: &json) }
    json.end()
    json.end()
    return json.bytes
  }

  private func write(to json: inout JSONByteWriter) {
    json.beginObject(lines: true)
    json.field("schema", "autointerp.investigation/1")
    json.field("neuron", "\(neuron)")
    json.field("run", register.source.run)
    json.field("model", register.source.modelName)
    json.field("register_digest", register.digest)
    json.field("unseen_prompts", register.promptCount)
    json.field("given_prompts", register.givenCount)
    json.field("seed", register.seed)
    for outcome in Verdict.Outcome.allCases {
      json.key(named: outcome.rawValue)
      json.value(count(outcome))
    }
    json.key("findings")
    json.beginArray(lines: true)
    for (number, finding) in findings.enumerated() { write(finding, number: number, to: &json) }
    json.end()
    json.key("cautions")
    json.beginArray()
    for caution in cautions { json.value(caution) }
    json.end()
    json.end()
  }

  private func write(_ finding: Finding, number: Int, to json: inout JSONByteWriter) {
    let (measured, verdict) = (finding.measurement, finding.verdict)
    json.beginObject()
    InvestigationRegister.write(
      finding.hypothesis, number: number, neuron: register.neuron, rules: register.rules, to: &json)
    json.field("outcome", verdict.outcome.rawValue)
    json.field("reason", finding.reason(register.rules))
    json.field("design", measured.design)
    if let problem = measured.problem { json.field("problem", problem) }
    json.field("prompts", measured.promptCount)
    if let effect = measured.effect {
      json.field("effect", effect.mean)
      if let low = effect.low { json.field("effect_low", low) }
      if let high = effect.high { json.field("effect_high", high) }
    }
    json.field("p", verdict.p)
    json.field("q", verdict.q)
    if let detectable = verdict.detectable { json.field("detectable", detectable) }
    if let bound = verdict.controlBound { json.field("control_bound", bound) }
    json.key("controls")
    json.beginArray()
    for control in measured.controls { json.value(control) }
    json.end()
    json.end()
  }
}
