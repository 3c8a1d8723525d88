// autointerp
// What a run's aggregate says in a few numbers.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits

/// The numbers of an aggregate that a status needs, readable while merging goes on.
struct RunFigures: Equatable, Sendable {
  var neurons = 0
  var edges = 0
  var edgeUpdates: Int64 = 0
  var domainDone = 0
  var baselineDone = 0
  var deltaBytes: Int64 = 0
  var worstConservationResidual: Double = 0
  var aggregateBytes: Int64 = 0

  init() {}

  /// Of a run that is not in memory.
  init(_ stored: StoredFigures) {
    neurons = stored.neurons
    edges = stored.edges
    edgeUpdates = stored.edgeUpdates
    domainDone = stored.domainPrompts
    baselineDone = stored.baselinePrompts
    deltaBytes = stored.deltaBytes
    worstConservationResidual = stored.worstConservationResidual
  }

  init(_ aggregate: EdgeAggregate, deltaBytes: Int64) {
    neurons = aggregate.neuronCount
    edges = aggregate.edgeCount
    edgeUpdates = aggregate.totals.edges
    domainDone = aggregate.totals.domainPrompts
    baselineDone = aggregate.totals.baselinePrompts
    self.deltaBytes = deltaBytes
    worstConservationResidual = Double(aggregate.totals.worstResidual)
    aggregateBytes = Int64(aggregate.residentBytes)
  }
}
