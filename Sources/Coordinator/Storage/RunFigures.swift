// autointerp
// What a run's aggregate says in a few numbers.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits

/// From the start of the first prompt's computation to the arrival of the last delta; milliseconds since 1970. Made from
/// the stored deltas, so that a restart knows it as well.
struct WorkSpan: Equatable, Sendable {
  var begunAt: Int64
  var endedAt: Int64

  init(begunAt: Int64, endedAt: Int64) {
    self.begunAt = begunAt
    self.endedAt = endedAt
  }

  init(receivedAt: Int64, computeMilliseconds: Int64) {
    self.init(begunAt: receivedAt - computeMilliseconds, endedAt: receivedAt)
  }
}

extension WorkSpan? {
  mutating func extend(by other: WorkSpan) {
    self = map { WorkSpan(begunAt: min($0.begunAt, other.begunAt), endedAt: max($0.endedAt, other.endedAt)) } ?? other
  }
}

/// The numbers of an aggregate that a status needs, readable while merging goes on.
struct RunFigures: Equatable, Sendable {
  var neurons = 0
  var edges = 0
  var edgeUpdates: Int64 = 0
  var domainDone = 0
  var baselineDone = 0
  var deltaBytes: Int64 = 0
  var worstConservationResidual: Double = 0
  /// 0 when the aggregate is not in memory.
  var aggregateBytes: Int64 = 0
  /// Nil before the first delta.
  var span: WorkSpan?

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
    if let begunAt = stored.firstBegunAt, let endedAt = stored.lastReceivedAt {
      span = WorkSpan(begunAt: begunAt, endedAt: endedAt)
    }
  }

  init(_ aggregate: EdgeAggregate, deltaBytes: Int64, span: WorkSpan?) {
    neurons = aggregate.neuronCount
    edges = aggregate.edgeCount
    edgeUpdates = aggregate.totals.edges
    domainDone = aggregate.totals.domainPrompts
    baselineDone = aggregate.totals.baselinePrompts
    self.deltaBytes = deltaBytes
    worstConservationResidual = Double(aggregate.totals.worstResidual)
    aggregateBytes = Int64(aggregate.residentBytes)
    self.span = span
  }
}
