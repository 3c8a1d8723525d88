// autointerp
// `NeuronReport` gathers what a page shows about one neuron.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import Labels
internal import RunIndex

struct NeuronReport {
  let row: NeuronRow
  let statistics: NeuronStatistics
  let role: RoleAssessment
  /// What each comparison of the run says.
  let specificities: [(comparison: RunSpecificity.Comparison, found: Specificity)]
  let groupCounts: [String: Int]
  let trust: NeuronTrust
  let labels: [NeuronLabel]
  /// Without sinks, the largest mean |flow| first.
  let drivers: [EdgeRow]
  let targets: [EdgeRow]
  let driverCount: Int
  let targetCount: Int
  /// Sinks among its strongest drivers.
  let sinkDrivers: [NeuronID]
  let places: (rows: [Exemplar], total: Int)
  let tokens: [NeuronToken]
  /// Places at which it was removed.
  let removed: [Exemplar]

  static let edgeCount = 6
  static let placeCount = 6
  static let tokenCount = 8
  private static let longestScatter = 300
  private static let context = 12

  /// Reads everything about the neuron of `row`; nil if the run does not have it. `sinks` are those of the run.
  ///
  /// - Throws: errors of the run's files.
  init?(_ row: NeuronRow, index: RunIndex, labels: LabelFile?, sinks: Set<NeuronID>) throws {
    guard let star = try index.star(of: row.neuron) else { return nil }
    self.row = row
    statistics = star.statistics
    role = star.role
    specificities = star.knowledge.specificity.comparisons.enumerated().compactMap { number, comparison in
      star.knowledge.specificity.specificity(of: row.neuron, inComparison: number).map { (comparison, $0) }
    }
    groupCounts = try index.groups(of: row.neuron)
    trust = NeuronTrust(star.statistics, calibration: star.aggregate.trustCalibration(star.specification.settings.rule))
    self.labels = try labels?.labels(of: row.neuron) ?? []
    var search = EdgeSearch()
    search.targets = [.neuron(row.neuron)]
    let incoming = try index.edges(search, limit: Self.edgeCount + sinks.count)
    func isSink(_ end: NamedEnd) -> Bool { end.endpoint.neuron.map(sinks.contains) ?? false }
    drivers = Array(incoming.rows.filter { !isSink($0.source) }.prefix(Self.edgeCount))
    sinkDrivers = incoming.rows.compactMap { isSink($0.source) ? $0.source.endpoint.neuron : nil }
    driverCount = incoming.total
    search = EdgeSearch()
    search.sources = [.neuron(row.neuron)]
    let outgoing = try index.edges(search, limit: Self.edgeCount + sinks.count)
    targets = Array(outgoing.rows.filter { !isSink($0.target) }.prefix(Self.edgeCount))
    targetCount = outgoing.total
    places = try index.exemplars(of: row.neuron, context: Self.context, limit: Self.placeCount)
    tokens = try index.tokens(of: row.neuron, limit: Self.tokenCount)
    removed = try index.exemplars(
      of: row.neuron, order: .removal, onlyRemoved: true, context: 0, limit: Self.longestScatter
    ).rows
  }

  /// The name of its section.
  static func anchor(_ neuron: NeuronID) -> String { "L\(neuron.layer)-N\(neuron.index)" }
}
