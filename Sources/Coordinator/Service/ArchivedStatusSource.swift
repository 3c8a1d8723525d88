// autointerp
// `ArchivedStatusSource` lets the status port read the file of a run, without a coordinator.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol
internal import Foundation

/// Shows a run's file on the status port, as the file was when it was read. There are no workers and nothing changes.
package struct ArchivedStatusSource: StatusSource {
  /// Edges and companions in a neuron's full report.
  private static let profileLength = 20

  private let run: ArchivedRun
  private let fleet: FleetStatus
  private let calibration: TrustCalibration

  /// - Parameters:
  ///   - run: what the file holds.
  ///   - softwareVersion: the version of this program.
  package init(_ run: ArchivedRun, softwareVersion: String) {
    self.run = run
    let (specification, aggregate) = (run.specification, run.aggregate)
    let rule = specification.settings.rule
    calibration = aggregate.trustCalibration(rule)
    var status = RunStatus(
      name: specification.name, corpusName: specification.corpusName, modelName: specification.modelName,
      state: run.state, promptCount: specification.prompts.count)
    status.done = aggregate.promptCount
    status.quarantined = run.quarantined.map { prompt in
      let text = specification.prompts.indices.contains(Int(prompt)) ? specification.prompts[Int(prompt)].text : ""
      return QuarantinedPrompt(prompt: prompt, excerpt: String(text.prefix(80)), errors: [])
    }
    status.queued = max(0, status.promptCount - status.done - status.quarantinedCount)
    status.secondsLeft = status.queued == 0 ? 0 : nil
    status.metric = String(specification.settings.metric.settingText.prefix(80))
    status.rule = rule.rawValue
    status.add(
      RunFigures(
        aggregate, deltaBytes: run.deltaBytes, span: nil, rule: rule, earlier: RunFigures(), isFinal: true))
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    fleet = FleetStatus(
      softwareVersion: softwareVersion, epoch: 0, startedAt: now, now: now, runs: [status], workers: [],
      counters: FleetStatus.Counters(), recentErrors: [],
      problems: run.state == .complete
        ? []
        : [
          "this page shows a file as it was when it was opened, with \(status.done) of \(status.promptCount) prompts; "
            + "run \(specification.name) is \(run.state.rawValue)"
        ])
  }

  package func status() async -> FleetStatus {
    var fleet = fleet
    fleet.now = Int64(Date().timeIntervalSince1970 * 1000)
    return fleet
  }

  package func readiness() async -> Readiness { Readiness() }

  package func topNeurons(_ query: NeuronQuery) async throws -> [NeuronReport] {
    try requireName(query.run)
    let rule = run.specification.settings.rule
    return reports(
      run.aggregate.topNeurons(
        sortedBy: query.order, limit: query.limit, topCount: query.edgesPerNeuron, edgesBy: .flow, rule: rule))
  }

  package func profile(of neuron: NeuronID, run name: String) async throws -> NeuronReport {
    try requireName(name)
    guard let profile = run.aggregate.profile(of: neuron, topCount: Self.profileLength, edgesBy: .flow) else {
      throw StatusSourceError.unknownNeuron(neuron, run: name)
    }
    return reports([profile])[0]
  }

  private func requireName(_ name: String) throws {
    guard name == run.specification.name else { throw StatusSourceError.unknownRun(name) }
  }

  private func reports(_ profiles: [NeuronProfile]) -> [NeuronReport] {
    let texts = NeuronReport.tokens(in: profiles).reduce(into: [Int32: String]()) {
      $0[$1] = run.aggregate.text(ofToken: $1)
    }
    let totals = run.aggregate.totals
    return profiles.map {
      NeuronReport(
        $0, texts: texts, hasBothOrigins: totals.domainPrompts > 0 && totals.baselinePrompts > 0,
        rule: run.specification.settings.rule, calibration: calibration)
    }
  }
}
