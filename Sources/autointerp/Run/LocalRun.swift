// autointerp
// `LocalRun` runs a plan on this machine: a coordinator in this process and worker processes beside it.
// SPDX-License-Identifier: Apache-2.0

internal import AgentTools
internal import Circuits
internal import ClusterProtocol
internal import Console
internal import Coordinator
internal import Foundation
internal import Settings
internal import StatusServer
internal import UnixSignals

/// Runs a plan on local workers, over loopback TCP with keys made for this run.
struct LocalRun {
  /// How it ended.
  enum Ending {
    /// `efficiency` is only given for a run that was not resumed.
    case complete(RunStatus, EdgeAggregate, efficiency: FleetEfficiency?)
    case interrupted(UnixSignal)
  }

  private enum Event: Sendable {
    case complete(RunStatus)
    case fleetStopped
    case signal(UnixSignal)
    case graceOver
    /// Has no effect.
    case nothing
  }

  private typealias Tasks = ThrowingTaskGroup<Event, any Error>

  /// How long workers may finish or hand back their prompts when they are asked to leave.
  private static let grace: Duration = .seconds(60)

  let plan: RunPlan
  let configuration: ClusterConfiguration
  let folder: RunFolder
  /// Passed on to the workers.
  let configurationFile: String?
  let retriesFailed: Bool
  /// True if it serves a page to watch the run in a browser.
  let servesStatus: Bool

  /// Runs until the end or the first interrupt. At the end it writes the edge statistics to `output`.
  ///
  /// - Throws: `CoordinatorError` if the run's file cannot be used, `LocalFleet.AllWorkersLost`.
  func run(output: String, display: ProgressDisplay) async throws -> Ending {
    try folder.create()
    let keys = try RunKeys(workers: configuration.run.local)
    defer { withExtendedLifetime(keys) {} }
    var settings = CoordinatorConfiguration(softwareVersion: SoftwareVersion.current)
    settings.endpoint = "tcp://127.0.0.1:0"
    settings.security = keys.server
    settings.fleet = configuration.coordinator.fleet
    let coordinator = Coordinator(
      configuration: settings, stores: folder, logger: FileLog.logger(label: "coordinator", path: folder.log))
    let signals = Interrupts.trapped()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await coordinator.run() }
      // Always ends the coordinator, which first writes what it has.
      defer { coordinator.shutDown() }
      let ending = try await withThrowingTaskGroup(of: Event.self) { tasks in
        defer { tasks.cancelAll() }
        return try await conduct(coordinator, signals, keys: keys, output: output, display: display, in: &tasks)
      }
      coordinator.shutDown()
      try await group.waitForAll()
      return ending
    }
  }

  /// Submits the run and handles events until the outcome is known and no worker is left.
  private func conduct(
    _ coordinator: Coordinator, _ signals: AsyncStream<UnixSignal>, keys: RunKeys, output: String,
    display: ProgressDisplay,
    in group: inout Tasks
  ) async throws -> Ending {
    let endpoint = try await coordinator.boundEndpoint()
    let name = plan.specification.name
    let finishedBefore = try await coordinator.submit(plan.specification)
    if retriesFailed { try await coordinator.retry(name) }
    group.addTask { .complete(try await coordinator.waitForCompletion(of: name)) }
    group.addTask { await Self.nextSignal(signals) }

    let fleet = localFleet(endpoint: endpoint, keys: keys)
    // A complete run needs no workers.
    let isComplete = await coordinator.status().runs.first { $0.name == name }?.state == .complete
    if !isComplete {
      group.addTask {
        try await fleet.run()
        return .fleetStopped
      }
      group.addTask {
        await Self.show(coordinator, run: name, on: display)
        return .nothing
      }
      if servesStatus { serveStatus(of: coordinator, display: display, in: &group) }
    }
    do {
      return try await follow(
        coordinator, fleet, signals, output: output, display: display, isFleetRunning: !isComplete,
        isResumed: finishedBefore > 0, in: &group)
    } catch {
      await fleet.kill()
      throw error
    }
  }

  private func serveStatus(of coordinator: Coordinator, display: ProgressDisplay, in group: inout Tasks) {
    let port = LocalStatusPort(
      configuration: configuration.status, source: CoordinatorStatusSource(coordinator: coordinator),
      atlas: AtlasPage(
        AtlasQuestions(
          api: RunAPI(
            .file(folder.database, name: plan.specification.name), version: SoftwareVersion.current))),
      logger: FileLog.logger(label: "status", path: folder.log))
    group.addTask {
      try await port.serve { await display.tell("Live status: \($0)") }
      return .nothing
    }
  }

  private func follow(
    _ coordinator: Coordinator, _ fleet: LocalFleet, _ signals: AsyncStream<UnixSignal>, output: String,
    display: ProgressDisplay, isFleetRunning: Bool, isResumed: Bool, in group: inout Tasks
  ) async throws -> Ending {
    var isFleetRunning = isFleetRunning
    var ending: Ending?
    while true {
      if let ending, !isFleetRunning { return ending }
      switch try await group.next() {
      case .complete(let status):
        guard ending == nil else { continue }
        let name = plan.specification.name
        try await coordinator.export(name, toFile: output)
        let aggregate = try await coordinator.aggregate(of: name)
        // The figures of a run that was already complete are only known now that it is read.
        let figures = await coordinator.status().runs.first { $0.name == name }
        let slots = configuration.run.local * configuration.worker.slots
        ending = .complete(
          figures ?? status, aggregate,
          efficiency: isResumed ? nil : FleetEfficiency(figures ?? status, slots: slots))
        await Self.dismiss(fleet, in: &group)
      case .signal(let signal):
        group.addTask { await Self.nextSignal(signals) }
        // A second signal, or one after the end, kills the workers at once.
        guard ending == nil else {
          await fleet.kill()
          continue
        }
        ending = .interrupted(signal)
        await display.tell(
          "Stopping: workers finish or hand back their prompts. Press Ctrl-C again to end them at once.")
        await Self.dismiss(fleet, in: &group)
      case .graceOver: await fleet.kill()
      case .fleetStopped: isFleetRunning = false
      case .nothing: continue
      case nil: throw RunError.coordinatorGone
      }
    }
  }

  private static func nextSignal(_ signals: AsyncStream<UnixSignal>) async -> Event {
    for await signal in signals { return .signal(signal) }
    return .nothing
  }

  private static func dismiss(_ fleet: LocalFleet, in group: inout Tasks) async {
    await fleet.stop()
    group.addTask {
      do { try await Task.sleep(for: grace) } catch { return .nothing }
      return .graceOver
    }
  }

  private func localFleet(endpoint: String, keys: RunKeys) -> LocalFleet {
    let (folder, model) = (folder, configuration.model.path)
    let common =
      ["--connect", endpoint, "--model", model, "--server-key=\(keys.serverKey.text)"]
      + ["--slots", "\(configuration.worker.slots)", "--exit-with-parent", "--drain-limit", "20"]
      + (configurationFile.map { ["--config", $0] } ?? [])
    return LocalFleet(
      count: configuration.run.local,
      arguments: { ["worker", "--name", "local-\($0)", "--key-file", keys.keyFile(ofWorker: $0)] + common },
      logPath: { folder.log(ofWorker: $0) })
  }

  private static func show(_ coordinator: Coordinator, run: String, on display: ProgressDisplay) async {
    while true {
      let isLast = Task.isCancelled
      let status = await coordinator.status()
      await display.tell(problems: status.problems)
      if let run = status.runs.first(where: { $0.name == run }) {
        await display.update(run, workers: status.workers)
      }
      if isLast { break }
      try? await Task.sleep(for: .milliseconds(200))
    }
    await display.endLine()
  }
}
