// autointerp
// `RunIndex.modules` finds the modules of a run on the first question and keeps them in a file beside the index.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import GRDB
package import Knowledge
internal import Platform
internal import Synchronization

extension RunIndex {
  /// Part of what makes stored modules stale: increase it when equal runs get other modules.
  private static let moduleFormat = 1
  /// Columns of profiles for tokens, on each side.
  private static let tokenColumns = 256
  /// A last word that this share of the prompts has is a form of its own.
  private static let endingShare = 0.01

  /// What is stored: the modules of one state of the run.
  private struct StoredModules: Codable {
    var format: Int
    var digest: String
    var findings: ModuleFindings
  }

  private var modulePlace: String { place + "-modules" }
  /// Two questions at once must not search twice.
  private static let turn = Mutex(())

  /// The modules that were found before with these settings; nil if none are stored of this state of the run.
  package func storedModules(_ settings: ModuleSettings = ModuleSettings()) -> ModuleFindings? {
    guard let bytes = FileManager.default.contents(atPath: modulePlace),
      let stored = try? JSONDecoder().decode(StoredModules.self, from: bytes), stored.format == Self.moduleFormat,
      stored.digest == state.digest, stored.findings.settings == settings
    else { return nil }
    return stored.findings
  }

  /// The modules of the run. The first question takes seconds, the others milliseconds; other settings replace what is stored.
  ///
  /// - Throws: `ModuleError` if libigraph is missing, `AtlasError`, `RunIndexError`.
  package func modules(_ settings: ModuleSettings = ModuleSettings()) throws -> ModuleFindings {
    try Self.turn.withLock { _ in
      if let stored = storedModules(settings) { return stored }
      let findings = try moduleSearch(settings).findings()
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let stored = StoredModules(format: Self.moduleFormat, digest: state.digest, findings: findings)
      // A folder that cannot be written costs time only.
      try? OutputFile(modulePlace).write([UInt8](try encoder.encode(stored)))
      return findings
    }
  }

  /// Collects what a search needs: selections beyond sinks, and the flows of all graphs.
  func moduleSearch(_ settings: ModuleSettings) throws -> ModuleSearch {
    let groups = try promptGroups()
    let numbers = Self.chosenPrompts(groups, most: settings.mostPrompts)
    let places = Dictionary(uniqueKeysWithValues: numbers.enumerated().map { ($1, $0) })
    let shapes = numbers.map { number in
      let prompt = specification.prompts[Int(number)]
      return PromptShape(text: prompt.text, answerPrefix: prompt.answerPrefix)
    }
    let (fine, coarse) = (PromptStrata(shapes, wordShare: Self.endingShare), PromptStrata(shapes))
    var (chosen, leftOut) = try moduleNeurons(settings, places)
    leftOut.prompts = groups.count - numbers.count
    let table = SelectionTable(
      neurons: chosen.map(\.neuron),
      strata: Self.numbered(zip(numbers, fine.numbers).map { "\($1) \(groups[$0] ?? "")" }),
      families: PromptFamilies(
        numbers.map { number in
          let prompt = specification.prompts[Int(number)]
          return "\(prompt.text) \(prompt.answerPrefix)"
        }
      ).numbers, selected: chosen.map(\.places))
    let prompts = zip(numbers, zip(shapes, coarse.numbers)).map { number, form in
      ModuleSearch.Prompt(
        number: number, group: groups[number] ?? "", form: form.1,
        ending: form.0.endsWithWord ? form.0.lastWord : form.0.ending.words)
    }
    let (tokens, predictions) = try moduleTokens()
    var profiles = FlowProfiles(neurons: table.neurons, tokens: tokens, predictions: predictions)
    var roles = RoleObservations(neurons: table.neurons)
    let odd = Set(table.halves().odd.map { numbers[$0] })
    try forEachGraph(of: Set(numbers)) { delta in
      profiles.add(delta.graph, half: odd.contains(delta.prompt) ? 1 : 0)
      if let place = places[delta.prompt] { try roles.add(delta, place: place) }
    }
    return ModuleSearch(
      table: table, prompts: prompts, profiles: profiles, settings: settings, leftOut: leftOut,
      texts: try tokenTexts(), roles: roles)
  }

  private func promptGroups() throws -> [Int32: String] {
    try read { db in
      var groups: [Int32: String] = [:]
      for row in try Row.fetchAll(db, sql: "SELECT prompt, group_name FROM prompt WHERE is_merged") {
        groups[row[0]] = row[1]
      }
      return groups
    }
  }

  /// At most so many prompts, ascending: the first of each group, in proportion.
  static func chosenPrompts(_ groups: [Int32: String], most: Int) -> [Int32] {
    guard groups.count > most else { return groups.keys.sorted() }
    let byGroup = Dictionary(grouping: groups.keys.sorted()) { groups[$0] ?? "" }
    return byGroup.values.flatMap { numbers in numbers.prefix(max(1, numbers.count * most / groups.count)) }.sorted()
  }

  /// The neurons of a search with the places of their prompts. Places of sinks do not count: at position 0, or where a neuron
  /// writes as much as the stream. They depend on the first token and on nothing that the prompt says.
  private func moduleNeurons(
    _ settings: ModuleSettings, _ places: [Int32: Int]
  ) throws -> (chosen: [(neuron: NeuronID, places: [Int])], leftOut: ModuleSearch.LeftOut) {
    var found: [(neuron: NeuronID, places: [Int])] = []
    var leftOut = ModuleSearch.LeftOut()
    try read { db in
      let sinks = try Self.sinks(db).neurons
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT DISTINCT node, prompt FROM occurrence
          WHERE position > 0 AND (stream_share IS NULL OR stream_share < ?) ORDER BY node, prompt
          """, arguments: [Double(AttributionGraph.sinkShare)])
      while let row = try rows.next() {
        guard let neuron = Endpoint(stored: row[0]).neuron, let place = places[row[1]] else { continue }
        if found.last?.neuron != neuron { found.append((neuron, [])) }
        found[found.count - 1].places.append(place)
      }
      leftOut.sinks = found.map(\.neuron).filter(sinks.contains)
      found.removeAll { sinks.contains($0.neuron) }
    }
    let frequent = found.filter { $0.places.count >= settings.fewestPrompts }.sorted { a, b in
      a.places.count != b.places.count ? a.places.count > b.places.count : a.neuron < b.neuron
    }
    let chosen = frequent.prefix(settings.mostNeurons)
    leftOut.rare = found.count - frequent.count
    leftOut.cut = frequent.count - chosen.count
    return (chosen.sorted { $0.neuron < $1.neuron }, leftOut)
  }

  /// The input tokens and the predicted tokens of most prompts: the others are too rare to be shared.
  private func moduleTokens() throws -> (tokens: [Int32], predictions: [Int32]) {
    try read { db in
      func fetch(_ table: String, _ condition: String) throws -> [Int32] {
        try Int32.fetchAll(
          db,
          sql: """
            SELECT token FROM \(table) WHERE \(condition) GROUP BY token HAVING count(DISTINCT prompt) > 1
            ORDER BY count(DISTINCT prompt) DESC, token LIMIT ?
            """, arguments: [Self.tokenColumns])
      }
      return (try fetch("prompt_token", "position > 0"), try fetch("prediction", "true"))
    }
  }

  /// Numbers in order of first appearance.
  private static func numbered(_ keys: [String]) -> [Int] {
    var numbers: [String: Int] = [:]
    return keys.map { key in
      let number = numbers[key] ?? numbers.count
      numbers[key] = number
      return number
    }
  }
}
