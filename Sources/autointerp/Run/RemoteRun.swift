// autointerp
// A run on the workers of a coordinator elsewhere.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator
internal import UnixSignals

/// Hands a run to a coordinator daemon and waits for it.
struct RemoteRun {
  /// How the waiting ended.
  enum Ending: Sendable {
    case complete(RunStatus)
    case interrupted(UnixSignal)
  }

  let endpoint: String
  let security: ClientSecurity
  let retriesFailed: Bool

  /// Submits, waits, and writes the edge statistics to `output`. An interrupt ends the waiting, not the run.
  func run(_ specification: RunSpecification, output: String, display: ProgressDisplay) async throws -> Ending {
    let signals = Interrupts.trapped()
    let retriesFailed = retriesFailed
    return try await CoordinatorClient.with(endpoint, security: security) { client in
      let run = try await client.submit(specification).run
      if retriesFailed { try await client.retry(run: run) }
      return try await withThrowingTaskGroup(of: Ending?.self) { group in
        group.addTask {
          let status = try await client.waitForCompletion(of: run) { fleet in
            guard let status = fleet.runs.first(where: { $0.name == run }) else { return }
            await display.update(status, workers: fleet.workers)
          }
          await display.endLine()
          return .complete(status)
        }
        group.addTask {
          for await signal in signals { return .interrupted(signal) }
          return nil
        }
        defer { group.cancelAll() }
        while let result = try await group.next() {
          guard let ending = result else { continue }
          if case .complete = ending { try OutputFile(output).write(try await client.export(run: run)) }
          return ending
        }
        throw RunError.coordinatorGone
      }
    }
  }

  /// The coordinator tells numbers; for neurons there are its status port and the statistics file.
  static func summary(of run: RunStatus) -> String {
    "\(run.corpusName) on \(run.modelName): \(run.done) of \(run.promptCount) prompts, \(run.neurons) neurons and "
      + "\(run.edges) edges\n"
  }
}
