// autointerp
// A coordinator under the load of light workers in other processes.
// SPDX-License-Identifier: Apache-2.0

internal import Coordinator
internal import Foundation
internal import Logging
internal import Simulation
internal import StatusServer

/// Workers that answer at once, a coordinator with its status port in this process, and what can be measured of it.
struct ClusterLoad {
  /// What was measured; times in seconds.
  struct Outcome {
    var workersSeen = 0
    var prompts = 0
    var merged = 0
    var lost = 0
    /// Deltas that workers were told to be safe.
    var acknowledged = 0
    var edgeUpdates: Int64 = 0
    var distinctEdges = 0
    var aggregateBytes: Int64 = 0
    /// From the start of the workers' processes to the last commit.
    var seconds = 0.0
    /// From the last commit to the edge statistics in a file.
    var export = 0.0
    var exportBytes = 0
    var http = StatusProbe.Latencies()
    var client = StatusProbe.Latencies()
  }

  let workers: Int
  let processes: Int
  let prompts: Int
  let edges: Int
  let directory: String

  private static let name = "load"
  private let clock = ContinuousClock()

  init(workers: Int, processes: Int, prompts: Int, edges: Int, directory: String) {
    self.workers = workers
    self.processes = processes
    self.prompts = prompts
    self.edges = edges
    self.directory = directory
  }

  /// Does the whole run.
  func run() async throws -> Outcome {
    try await serving { coordinator, endpoint, port in
      try await coordinator.submit(LoadRun.specification(prompts: prompts, name: Self.name))
      var outcome = Outcome()
      outcome.prompts = prompts
      let start = clock.now
      let probe = try child(
        "probe", ["--connect", endpoint, "--probe", "http://127.0.0.1:\(port)"], niceness: 0)
      let fleet = try (0..<processes).map { number in
        let share = workers / processes + (number < workers % processes ? 1 : 0)
        let arguments = ["--connect", endpoint, "--names", "light-\(number)", "--workers", "\(share)"]
        return try child("light-\(number)", arguments + ["--edges", "\(edges)"], niceness: 19)
      }
      let status = try await coordinator.waitForCompletion(of: Self.name)
      let end = clock.now
      outcome.seconds = (end - start) / .seconds(1)
      try await coordinator.export(Self.name, toFile: output("stats"))
      outcome.export = (clock.now - end) / .seconds(1)
      outcome.exportBytes = try FileManager.default.attributesOfItem(atPath: output("stats"))[.size] as? Int ?? 0
      outcome.workersSeen = await coordinator.status().workers.count
      await coordinator.drainWorkers(reason: "the bench is over")
      for worker in fleet { outcome.acknowledged += Int(try await worker.lastWords()) ?? 0 }
      (outcome.http, outcome.client) = try StatusProbe.parse(try await probe.lastWords())
      outcome.merged = Int(await coordinator.status().counters.deltasMerged)
      outcome.lost = prompts - status.done
      outcome.edgeUpdates = status.edgeUpdates
      outcome.distinctEdges = status.edges
      outcome.aggregateBytes = status.aggregateBytes
      return outcome
    }
  }

  /// Seconds from starting a coordinator on the finished run until its aggregate can be asked.
  func restart() async throws -> Double {
    let start = clock.now
    return try await serving { coordinator, _, _ in
      _ = try await coordinator.topNeurons(of: Self.name, sortedBy: .domain, limit: 20, edgesPerNeuron: 3)
      return (clock.now - start) / .seconds(1)
    }
  }

  // MARK: Processes

  private func output(_ name: String) -> String { "\(directory)/\(name).out" }

  private struct Child {
    let process: ChildProcess
    let output: String

    /// What it wrote, once it has ended.
    func lastWords() async throws -> String {
      let end = await process.end()
      guard end == .exited(0) else { throw ChildProcess.SpawnError(description: "a process of the bench: \(end)") }
      return try String(contentsOfFile: output, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  private func child(_ name: String, _ arguments: [String], niceness: Int) throws -> Child {
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: ChildProcess.thisProgram)
    let process = try ChildProcess(
      "/usr/bin/nice", arguments: ["-n", "\(niceness)", program, "bench-cluster"] + arguments, logPath: output(name))
    return Child(process: process, output: output(name))
  }

  private func serving<Result: Sendable>(
    _ body: (Coordinator, _ endpoint: String, _ port: Int) async throws -> Result
  ) async throws -> Result {
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    var settings = CoordinatorConfiguration(softwareVersion: SoftwareVersion.current)
    settings.endpoint = "tcp://127.0.0.1:0"
    let coordinator = Coordinator(
      configuration: settings, stores: try RunsDirectory(path: directory), logger: logger)
    var port = StatusServerConfiguration()
    port.port = 0
    let (ports, listening) = AsyncStream<Int>.makeStream()
    let server = try StatusServer(
      configuration: port, source: CoordinatorStatusSource(coordinator: coordinator), logger: logger
    ) { listening.yield($0) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await coordinator.run() }
      group.addTask { try await server.run() }
      defer { group.cancelAll() }
      var bound = ports.makeAsyncIterator()
      let result = try await body(coordinator, coordinator.boundEndpoint(), bound.next() ?? 0)
      coordinator.shutDown()
      try await group.next()
      return result
    }
  }
}
