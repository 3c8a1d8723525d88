// autointerp
// `RunFigures` holds the few numbers of a run's aggregate that a status shows.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol

/// From the start of the first prompt's computation to the arrival of the last delta, in milliseconds since 1970. It is
/// derived from stored deltas, so a restart knows it too.
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

/// The numbers of an aggregate that a status needs. They can be read while merging goes on.
struct RunFigures: Sendable {
  var neurons = 0
  var edges = 0
  var edgeUpdates: Int64 = 0
  var domainDone = 0
  var baselineDone = 0
  var deltaBytes: Int64 = 0
  var worstConservationResidual: Double = 0
  /// 0 if the aggregate is not in memory.
  var aggregateBytes: Int64 = 0
  /// Nil before the first delta.
  var span: WorkSpan?
  /// How well scores agree with interventions, and how many prompts were merged when that was computed.
  var agreement = (rows: [AgreementStatus](), prompts: 0)

  init() {}

  /// The figures of a run that is not in memory.
  init(_ stored: StoredFigures) {
    neurons = stored.neurons
    edges = stored.edges
    edgeUpdates = stored.edgeUpdates
    domainDone = stored.domainPrompts
    baselineDone = stored.baselinePrompts
    deltaBytes = stored.deltaBytes
    worstConservationResidual = stored.worstConservationResidual
    agreement = (stored.agreement.rows.map { AgreementStatus($0) }, stored.domainPrompts + stored.baselinePrompts)
    if let begunAt = stored.firstBegunAt, let endedAt = stored.lastReceivedAt {
      span = WorkSpan(begunAt: begunAt, endedAt: endedAt)
    }
  }

  /// - Parameters:
  ///   - aggregate: the merged prompts.
  ///   - deltaBytes: the bytes of their deltas.
  ///   - span: when they were computed.
  ///   - rule: the rule of the run's scores.
  ///   - earlier: the figures before the last prompts, whose agreement is kept while few prompts were added.
  ///   - isFinal: true if no prompt will be added; then the agreement is that of all.
  init(
    _ aggregate: EdgeAggregate, deltaBytes: Int64, span: WorkSpan?, rule: AttributionRule, earlier: RunFigures,
    isFinal: Bool
  ) {
    neurons = aggregate.neuronCount
    edges = aggregate.edgeCount
    edgeUpdates = aggregate.totals.edges
    domainDone = aggregate.totals.domainPrompts
    baselineDone = aggregate.totals.baselinePrompts
    self.deltaBytes = deltaBytes
    worstConservationResidual = Double(aggregate.totals.worstResidual)
    aggregateBytes = Int64(aggregate.residentBytes)
    self.span = span
    agreement = earlier.agreement
    let merged = aggregate.promptCount
    if agreement.prompts != merged, isFinal || Self.isStale(agreement.prompts, at: merged) {
      agreement = (aggregate.agreementByPosition(rule).map { AgreementStatus($0) }, merged)
    }
  }
}

extension RunFigures {
  /// True if a twentieth more prompts were merged than the agreement is about. To compute it takes as long as merging a
  /// prompt, so that this must not happen with every prompt of a large run.
  private static func isStale(_ prompts: Int, at merged: Int) -> Bool {
    merged < prompts || merged - prompts >= max(1, prompts / 20)
  }
}

extension RunStatus {
  /// Adds the figures that need the aggregate and the stored deltas.
  mutating func add(_ figures: RunFigures) {
    neurons = figures.neurons
    edges = figures.edges
    edgeUpdates = figures.edgeUpdates
    domainDone = figures.domainDone
    baselineDone = figures.baselineDone
    deltaBytes = figures.deltaBytes
    worstConservationResidual = figures.worstConservationResidual
    aggregateBytes = figures.aggregateBytes
    startedAt = figures.span?.begunAt
    agreement = figures.agreement.rows.isEmpty ? nil : figures.agreement.rows
    finishedAt = state == .complete || state == .cancelled ? figures.span?.endedAt : nil
  }
}
