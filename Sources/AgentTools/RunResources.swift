// autointerp
// `RunResources` returns the pages that a client can read: what was run, the tables' schema, and each neuron's page.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import Labels
internal import Platform
internal import RunIndex

enum RunResources {
  private static let neuronPrefix = "autointerp://neuron/"

  static let resources = [
    ResourceDescription(
      address: "autointerp://run", name: "run", description: "What was run: model, corpus, settings, groups, progress.",
      mimeType: "application/json"),
    ResourceDescription(
      address: "autointerp://schema", name: "schema",
      description: "Tables, views and columns that autointerp query can ask.", mimeType: "text/markdown"),
  ]

  static let templates = [
    ResourceDescription(
      address: "\(neuronPrefix){neuron}", name: "neuron page",
      description: "The page about a neuron, such as autointerp://neuron/L29/N729.", mimeType: "text/plain")
  ]

  /// Everything in an answer belongs to one snapshot.
  static func read(_ address: String, _ snapshot: LiveIndex.Snapshot, labels: LabelFile?) throws -> AgentAnswer {
    let index = snapshot.index
    switch address {
    case "autointerp://run":
      return .resource(
        mimeType: "application/json", text: String(decoding: try provenance(snapshot).bytes, as: UTF8.self))
    case "autointerp://schema": return .resource(mimeType: "text/markdown", text: SchemaPage.text)
    default: break
    }
    guard address.hasPrefix(neuronPrefix), let neuron = NeuronID(String(address.dropFirst(neuronPrefix.count))) else {
      return .notFound(
        "there is no resource \(Quoted.text(address)); there are autointerp://run, autointerp://schema and "
          + "autointerp://neuron/L29/N729")
    }
    guard let star = try index.star(of: neuron) else { return .notFound(index.unselectedText(neuron)) }
    let lines = try (labels?.labels(of: neuron) ?? []).map(Desk.text)
    return .resource(mimeType: "text/plain", text: star.page.text(labels: lines, evidence: []))
  }

  private static func provenance(_ snapshot: LiveIndex.Snapshot) throws -> JSONValue {
    let (index, specification) = (snapshot.index, snapshot.index.specification)
    var settings = JSONObject()
    for setting in specification.settings.written where setting.decidesGraph {
      settings.set(setting.name, value(setting.read(specification.settings)))
    }
    let groups = try index.groups().map { group -> (String, JSONValue) in
      (group.name, ["merged": .integer(group.merged), "of": .integer(group.total)])
    }
    return [
      "run": Quoted.value(specification.name), "model": Quoted.value(specification.modelName),
      "model_fingerprint": .optional(specification.modelFingerprint), "corpus": Quoted.value(specification.corpusName),
      "corpus_digest": .string(specification.corpusDigest), "template": Quoted.value(specification.template.name),
      "settings": .object(settings), "groups": .object(JSONObject(groups)), "state": .string(snapshot.now.progress),
      "quarantined": .integer(snapshot.now.quarantinedPrompts), "behind": .integer(snapshot.behind),
      "is_current": .boolean(snapshot.isCurrent), "index_digest": .string(index.state.digest),
    ]
  }

  private static func value(_ value: SettingValue) -> JSONValue {
    switch value {
    case .none: .null
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let value): Quoted.value(value)
    }
  }
}
