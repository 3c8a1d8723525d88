// autointerp
// `FleetMachine.status` describes the state of all runs and workers.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import ClusterProtocol

extension FleetMachine {
  /// A worker that left in an orderly way is shown for this long.
  private static let farewell: Duration = .seconds(120)

  /// The state of everything at `now`, which must count from 1970. Figures that only the aggregates know are left at
  /// zero. O(runs + workers + quarantined prompts).
  package func status(softwareVersion: String, startedAt: Duration, now: Duration) -> FleetStatus {
    FleetStatus(
      softwareVersion: softwareVersion, epoch: epoch, startedAt: startedAt.milliseconds, now: now.milliseconds,
      runs: runs.all.map { status(of: $0, now: now) },
      workers: workers.records
        .filter { $0.value.phase != .departed || now - $0.value.lastHeard < Self.farewell }
        .sorted { $0.value.name < $1.value.name }
        .map { status(of: $0.key, $0.value, now: now) },
      counters: counters, recentErrors: Array(recentErrors))
  }

  private func status(of run: RunProgress, now: Duration) -> RunStatus {
    let specification = run.specification
    var status = RunStatus(
      name: run.name, corpusName: specification.corpusName, modelName: specification.modelName,
      state: run.state, promptCount: specification.prompts.count)
    status.done = run[count: .done]
    status.inFlight = run[count: .leased]
    status.queued = run[count: .queued]
    status.mergeLag = run[count: .committing]
    (status.quarantined, status.quarantinedBeyond) = quarantineExcerpt(of: run)
    status.promptsPerSecond = run.meter.perSecond(at: now)
    let left = run.unsettled
    if left == 0 {
      status.secondsLeft = 0
    } else if status.promptsPerSecond > 0, run.isOpen {
      status.secondsLeft = Double(left) / status.promptsPerSecond
    }
    status.computeMilliseconds = run.computeMilliseconds
    status.computeKernels = run.computeKernels.sorted()
    status.metric = String(specification.settings.metric.settingText.prefix(80))
    status.rule = specification.settings.rule.rawValue
    status.spotChecks = spotCheckStatus(of: run)
    return status
  }

  private func status(of worker: WorkerID, _ record: WorkerRecord, now: Duration) -> WorkerStatus {
    var status = WorkerStatus(
      name: record.name, host: record.hello.host, state: state(of: worker, record, now: now),
      slots: record.hello.slots)
    status.busySlots = record.leases.count
    status.done = record.done
    status.failed = record.failed
    status.promptsPerMinute = record.rate.perSecond(at: now) * 60
    status.residentBytes = record.residentBytes
    status.lastHeardAt = record.lastHeard.milliseconds
    status.computeKernel = record.hello.computeKernel
    status.softwareVersion = record.hello.softwareVersion
    status.prompts = record.leases.map { leases[$0].fence.prompt }
    return status
  }

  private func state(of worker: WorkerID, _ record: WorkerRecord, now: Duration) -> WorkerState {
    switch record.phase {
    case .draining: .draining
    case .lost: .lost
    case .departed: .left
    case .present:
      isSetAside(worker, now: now) ? .setAside : record.leases.isEmpty ? .idle : .working
    }
  }
}

extension FleetMachine {
  /// One sentence for each run with work that none of the connected workers can take, and for each that the last worker was
  /// refused for if none is connected. O(runs * workers) at worst, O(runs) if the first worker can.
  package func idleReasons(now: Duration) -> [String] {
    let present = workers.records.values.filter { $0.phase == .present }
    let refused = lastRefused.flatMap { now - $0.at < Self.refusalIsNews ? $0.hello : nil }
    guard let some = present.first?.hello ?? refused else { return [] }
    return runs.all.compactMap { run in
      guard run.isOpen, run[count: .leased] == 0, run[count: .queued] > 0,
        !present.contains(where: { run.accepts($0.hello) })
      else { return idleChecks(of: run) }
      guard let reason = run.refusal(of: some) else {
        return present.isEmpty ? nil : "no connected worker can compute run \(run.name): it needs others"
      }
      return present.isEmpty
        ? "no worker is connected; the last one, \(some.worker) on \(some.host), was refused, because run \(run.name) \(reason)"
        : "no connected worker can compute run \(run.name): it \(reason)"
    }
  }

  /// Workers that are started again and again come back within this time.
  private static let refusalIsNews: Duration = .seconds(300)

  /// One sentence for what holds back all leases, and for each run whose file cannot be written.
  package var problems: [String] {
    (holdReason.map { [$0] } ?? [])
      + runs.all.compactMap { run in
        run.storage.failure.map { "\($0.error); run \(run.name) cannot be written and gets no leases until then" }
      }
  }
}
