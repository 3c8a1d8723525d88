// autointerp
// `ReportPage.json` lists the neurons of a report with their figures, for programs.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON
internal import Knowledge

extension ReportPage {
  /// The run, the warnings, and a line for every neuron of the page in its order. `autointerp neuron --json` has the rest.
  package var json: [UInt8] {
    var json = JSONByteWriter(reservingCapacity: 1 << 14)
    json.beginObject(lines: true)
    json.field("schema", "autointerp.report/1")
    json.field("run", index.specification.name)
    json.field("model", index.specification.modelName)
    json.field("merged_prompts", index.state.mergedPrompts)
    json.key("warnings")
    json.beginArray(lines: true)
    for warning in balance.warnings { json.value(warning.text) }
    json.end()
    json.key("sinks")
    json.beginArray()
    for sink in sinks.all { json.value("\(sink.neuron)") }
    json.end()
    json.key("modules")
    if modules == nil {
      json.null()
    } else {
      json.beginArray(lines: true)
      for module in shownModules { json.value(line(module)) }
      json.end()
    }
    json.key("neurons")
    json.beginArray(lines: true)
    for neuron in neurons { json.value(line(neuron)) }
    json.end()
    json.end()
    return json.bytes
  }

  private func line(_ module: ModuleFindings.Module) -> JSONValue {
    [
      "name": .string(module.name), "neurons": .array(module.members.map { .string($0.neuron) }),
      "p_value": .optional(module.strength.pValue.significant), "stable": .boolean(module.isStable),
      "halves_share": .optional(module.halves?.value.significant), "prompts": .integer(module.prompts.count),
    ]
  }

  private func line(_ neuron: NeuronReport) -> JSONValue {
    let found = neuron.specificities.first?.found
    let sum = neuron.statistics.scoreSum(index.specification.settings.rule)
    let counts: [(String, JSONValue)] = groups.map { ($0.name, .integer(neuron.groupCounts[$0.name] ?? 0)) }
    return [
      "neuron_id": .string("\(neuron.row.neuron)"), "label": .optional(neuron.labels.first?.markedText),
      "role": .string(neuron.role.role.rawValue), "class": .optional(found?.class.rawValue),
      "q_value": .optional(found?.test?.qValue.significant),
      "log_odds": .optional(found?.logOdds.value.significant),
      "interval": [
        .optional(found?.logOdds.low.significant), .optional(found?.logOdds.high.significant),
      ],
      "prompts": .object(JSONObject(counts)),
      "mean_score": .optional((sum / Double(max(1, neuron.statistics.occurrences))).significant),
      "trust": .string(neuron.trust.overall.rawValue), "removals": .integer(Int(neuron.statistics.verifiedCount)),
      "module": .optional(modules?.module(named: "\(neuron.row.neuron)")?.name),
    ]
  }
}
