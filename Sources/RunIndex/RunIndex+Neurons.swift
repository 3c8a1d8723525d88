// autointerp
// `RunIndex.neurons` finds the neurons of a run that fit a `NeuronSearch` and returns a page of them in its order.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

/// Which neurons to find. Conditions that are nil do not count.
package struct NeuronSearch: Equatable, Sendable {
  package enum Order: String, CaseIterable, Sendable {
    /// The most specific to the first group first: shrunken log odds.
    case specificity
    /// The largest summed |score| first.
    case score
    /// The most prompts first.
    case prompts
  }

  package var order = Order.score
  package var comparison = 0
  package var role: String?
  package var specificityClass: String?
  package var layer: Int?
  package var fewestPrompts: Int?
  package var includesSinks = true
  /// Only neurons that were selected at one of these tokens.
  package var firesOn: [Int32]?
  /// Only neurons with an edge to the logit of one of these tokens.
  package var promotes: [Int32]?
  /// Only these.
  package var neurons: [NeuronID]?

  package init() {}
}

/// A line about a neuron.
package struct NeuronRow: Equatable, Sendable {
  package var neuron: NeuronID
  package var prompts: Int
  package var role: String
  package var isSink: Bool
  package var positions: Int
  /// Those at the position of the metric.
  package var lastPositions: Int
  package var meanActivation: Double
  /// Of the comparison that was asked for; nil if the run has none.
  package var finding: Finding?

  package struct Finding: Equatable, Sendable {
    package var `class`: String
    package var firstCount: Int
    package var firstTotal: Int
    package var secondCount: Int
    package var secondTotal: Int
    /// Of the test that counts; nil if the neuron was not tested.
    package var qValue: Double?
    /// The odds that belong to it; see `Specificity.logOdds`.
    package var logOdds: Double
    package var shrunkenLogOdds: Double
  }
}

extension RunIndex {
  /// A page of the neurons found, and how many there are in all.
  package func neurons(
    _ search: NeuronSearch, offset: Int = 0, limit: Int
  ) throws -> (rows: [NeuronRow], total: Int) {
    var conditions: [String] = []
    var arguments: StatementArguments = ["comparison": search.comparison]
    func require(_ condition: String, _ name: String, _ value: (any DatabaseValueConvertible)?) {
      guard let value else { return }
      conditions.append(condition)
      arguments = arguments.merged(with: [name: value])
    }
    require("role = :role", "role", search.role)
    require("class = :class", "class", search.specificityClass)
    require("layer = :layer", "layer", search.layer)
    require("neuron.prompts >= :fewest", "fewest", search.fewestPrompts)
    if !search.includesSinks { conditions.append("NOT is_sink") }
    require(
      """
      neuron.node IN (SELECT node FROM prompt_token JOIN occurrence USING (prompt, position)
        WHERE token IN (SELECT value FROM json_each(:fires)))
      """, "fires", search.firesOn.map(Self.list))
    require(
      "neuron.node IN (SELECT source FROM edge WHERE target IN (SELECT value FROM json_each(:promotes)))", "promotes",
      search.promotes.map { Self.list($0.map { Endpoint.logit(token: $0).stored }) })
    require(
      "neuron.node IN (SELECT value FROM json_each(:neurons))", "neurons",
      search.neurons.map { Self.list($0.map { Endpoint.neuron($0).stored }) })
    let score = specification.settings.rule == .relp ? "absolute_relp_sum" : "absolute_gradient_score_sum"
    let order =
      switch search.order {
      case .specificity: "finding.shrunken_log_odds IS NULL, finding.shrunken_log_odds DESC, "
      case .score: ""
      case .prompts: "neuron.prompts DESC, "
      }
    let from = """
      FROM neuron LEFT JOIN finding ON finding.node = neuron.node AND finding.comparison = :comparison
      \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
      """
    return try read { db in
      let total = try Int.fetchOne(db, sql: "SELECT count(*) \(from)", arguments: arguments) ?? 0
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT neuron.*, \(score) AS total_score, finding.class, first_count, first_total, second_count, second_total,
            q_value, log_odds, shrunken_log_odds
          \(from) ORDER BY \(order)total_score DESC, neuron.node LIMIT :limit OFFSET :offset
          """, arguments: arguments.merged(with: ["limit": limit, "offset": offset]))
      return (rows.compactMap(Self.neuronRow), total)
    }
  }

  /// A line about each of these neurons that the run has, in their order.
  package func neurons(_ neurons: [NeuronID], comparison: Int = 0) throws -> [NeuronRow] {
    var search = NeuronSearch()
    search.neurons = neurons
    search.comparison = comparison
    let found = try self.neurons(search, limit: neurons.count).rows
    let byName = Dictionary(uniqueKeysWithValues: found.map { ($0.neuron, $0) })
    return neurons.compactMap { byName[$0] }
  }

  static func list(_ values: [some FixedWidthInteger]) -> String {
    "[\(values.map { "\($0)" }.joined(separator: ","))]"
  }

  private static func neuronRow(_ row: Row) -> NeuronRow? {
    guard let neuron = Endpoint(stored: row["node"]).neuron else { return nil }
    var line = NeuronRow(
      neuron: neuron, prompts: row["prompts"], role: row["role"], isSink: row["is_sink"],
      positions: row["occurrences"], lastPositions: row["last_occurrences"],
      meanActivation: (row["activation_sum"] as Double) / max(1, row["occurrences"] as Double))
    if let name = row["class"] as String? {
      line.finding = NeuronRow.Finding(
        class: name, firstCount: row["first_count"], firstTotal: row["first_total"], secondCount: row["second_count"],
        secondTotal: row["second_total"], qValue: row["q_value"], logOdds: row["log_odds"],
        shrunkenLogOdds: row["shrunken_log_odds"])
    }
    return line
  }
}

extension StatementArguments {
  func merged(with other: StatementArguments) -> StatementArguments { self &+ other }
}

extension RunIndex {
  /// How many neurons the run has.
  package func neuronCount() throws -> Int {
    try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM neuron") ?? 0 }
  }

  /// Those of `neurons` that the run has.
  package func knownNeurons(_ neurons: [NeuronID]) throws -> [NeuronID] {
    let known = try read { Set(try Int64.fetchAll($0, sql: "SELECT node FROM neuron")) }
    return neurons.filter { known.contains(Endpoint.neuron($0).stored) }
  }

  /// What to say about a neuron that no merged prompt has.
  package func unselectedText(_ neuron: NeuronID) -> String {
    "\(neuron) was selected in none of the \(state.mergedPrompts) merged prompts of this run"
  }
}
