// autointerp
// What the machine can tell about runs and workers.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import ClusterProtocol

extension FleetMachine {
  /// A worker that said goodbye is shown for this long: nothing is wrong with it.
  private static let farewell: Duration = .seconds(120)

  /// The state of everything at `now`, which counts from 1970 here. What only the aggregates know is left at zero.
  /// O(runs + workers + quarantined prompts).
  package func status(softwareVersion: String, startedAt: Duration, now: Duration) -> FleetStatus {
    FleetStatus(
      softwareVersion: softwareVersion, epoch: epoch, startedAt: startedAt.milliseconds, now: now.milliseconds,
      runs: runs.map { status(of: $0, now: now) },
      workers: workers.records
        .filter { $0.value.phase != .departed || now - $0.value.lastHeard < Self.farewell }
        .sorted { $0.value.hello.worker < $1.value.hello.worker }
        .map { status(of: $0.key, $0.value, now: now) },
      counters: counters, recentErrors: Array(recentErrors))
  }

  private func status(of run: RunProgress, now: Duration) -> RunStatus {
    let specification = run.specification
    var status = RunStatus(
      name: specification.name, corpusName: specification.corpusName, modelName: specification.modelName,
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
    return status
  }

  private func status(of number: WorkerNumber, _ record: WorkerRecord, now: Duration) -> WorkerStatus {
    var status = WorkerStatus(
      name: record.hello.worker, host: record.hello.host, state: state(of: number, record, now: now),
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

  private func state(of number: WorkerNumber, _ record: WorkerRecord, now: Duration) -> WorkerState {
    switch record.phase {
    case .draining: .draining
    case .lost: .lost
    case .departed: .left
    case .present:
      isSetAside(number, now: now) ? .setAside : record.leases.isEmpty ? .idle : .working
    }
  }
}

extension FleetMachine {
  /// A sentence for each run whose file cannot be written.
  package var storageProblems: [String] {
    runs.compactMap { run in
      run.storage.failure.map { "run \(run.specification.name) cannot be written: \($0.error)" }
    }
  }
}
