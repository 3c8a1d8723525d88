// autointerp
// `RemoteRun` submits a run to a coordinator elsewhere and waits for it.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Console
internal import Coordinator
internal import Platform
internal import Synchronization
internal import UnixSignals

/// Submits a run to a coordinator and waits for it.
struct RemoteRun {
  /// How the waiting ended.
  enum Ending: Sendable {
    /// With the readable summary.
    case complete(RunStatus, summary: String, efficiency: FleetEfficiency?)
    case interrupted(UnixSignal)
  }

  private enum Event: Sendable {
    case complete(RunStatus, slots: Int)
    case signal(UnixSignal)
    /// Has no effect.
    case nothing
  }

  let endpoint: String
  let security: ClientSecurity
  let retriesFailed: Bool

  /// Submits, waits, and writes the edge statistics to `output`. An interrupt ends the waiting, not the run.
  func run(_ specification: RunSpecification, output: String, display: ProgressDisplay) async throws -> Ending {
    let signals = Interrupts.trapped()
    let (retriesFailed, start) = (retriesFailed, ContinuousClock.now)
    return try await CoordinatorClient.with(endpoint, security: security) { client in
      let (run, finishedBefore) = try await client.submit(specification)
      if retriesFailed {
        _ = try await client.persistently(onSilence: { await display.tell(Self.notice($0)) }) {
          try await $0.retry(run: run)
        }
      }
      return try await withThrowingTaskGroup(of: Event.self) { group in
        let slots = Mutex(0)
        group.addTask {
          let status = try await client.waitForCompletion(of: run, onSilence: { await display.tell(Self.notice($0)) }) {
            fleet in
            // Workers that came late or left early count with all their slots, so the share is rather too small.
            let present = fleet.workers.filter { $0.state == .idle || $0.state == .working }.reduce(0) { $0 + $1.slots }
            slots.withLock { $0 = max($0, present) }
            let closed = fleet.closedRun(run).map { ["run \(run): \($0.reason)"] } ?? []
            await display.tell(problems: fleet.problems + closed)
            guard let status = fleet.runs.first(where: { $0.name == run }) else { return }
            await display.update(status, workers: fleet.workers)
          }
          await display.endLine()
          return .complete(status, slots: slots.withLock { $0 })
        }
        group.addTask {
          for await signal in signals { return .signal(signal) }
          return .nothing
        }
        defer { group.cancelAll() }
        while let event = try await group.next() {
          switch event {
          case .complete(let status, let slots):
            // The duration of a run that existed before is unknown here.
            let seconds = finishedBefore == 0 ? (ContinuousClock.now - start) / .seconds(1) : nil
            let (export, summary) = try await client.persistently(
              onSilence: { await display.tell(Self.notice($0)) }
            ) { client in
              (try await client.export(run: run), try await client.summary(of: run, seconds: seconds))
            }
            try OutputFile(output).write(export)
            return .complete(
              status, summary: summary, efficiency: finishedBefore == 0 ? FleetEfficiency(status, slots: slots) : nil)
          case .signal(let signal): return .interrupted(signal)
          case .nothing: continue
          }
        }
        throw RunError.coordinatorGone
      }
    }
  }

  private static func notice(_ silence: CoordinatorError) -> String {
    "\(silence)\nWaiting for it. The run needs no client: Ctrl-C leaves it to the coordinator."
  }
}
