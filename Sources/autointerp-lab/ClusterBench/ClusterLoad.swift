// autointerp
// `ClusterLoad` loads a coordinator with light workers in other processes and measures it.
// SPDX-License-Identifier: Apache-2.0

internal import Coordinator
internal import Foundation
internal import Logging
internal import Platform
internal import StatusServer

/// Workers that answer at once, a coordinator with its status port in this process, and the measured figures.
struct ClusterLoad {
  /// The measured figures. Times are in seconds.
  struct Outcome {
    var workersSeen = 0
    var prompts = 0
    /// Prompts that are done, by the run's own count.
    var done = 0
    /// Deltas that the coordinator merged, and those that arrived a second time.
    var merged = 0
    var duplicates = 0
    /// Prompts whose deltas were acknowledged.
    var acknowledged = 0
    /// Frames that all processes passed to their sockets, and those that the coordinator received.
    var framesSent = 0
    var framesReceived = 0
    var edgeUpdates: Int64 = 0
    var distinctEdges = 0
    var aggregateBytes: Int64 = 0
    /// The resident memory of the coordinator's process before the run, and its peak.
    var residentBefore = 0
    var residentPeak = 0
    /// From the start of the workers' processes to the last commit.
    var seconds = 0.0
    /// From the moment when the last worker passed the last delta to its socket until the edge statistics were in a
    /// client's file.
    var export = 0.0
    var exportBytes = 0
    var probe = StatusProbe.Report()

    /// Messages that were lost, or that nobody sent.
    var unaccounted: Int { abs(framesSent - framesReceived) + abs(acknowledged - merged) }

    /// True if nothing was lost or made up: each prompt is merged once, each delta acknowledged once, and everything
    /// sent has arrived.
    var isConsistent: Bool {
      merged == prompts && done == prompts && unaccounted == 0
    }
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

  /// Does the whole measurement.
  func run() async throws -> Outcome {
    var outcome = Outcome()
    outcome.prompts = prompts
    ProcessMemory.resetPeak()
    outcome.residentBefore = Int(ProcessMemory.residentBytes())
    return try await serving { [outcome] coordinator, endpoint, port in
      try await measure(outcome, coordinator, endpoint: endpoint, port: port)
    }
  }

  private func measure(
    _ begun: Outcome, _ coordinator: Coordinator, endpoint: String, port: Int
  ) async throws -> Outcome {
    var outcome = begun
    try await coordinator.submit(LoadRun.specification(prompts: prompts, name: Self.name))
    let start = clock.now
    let probe = try child("probe", ["--connect", endpoint, "--probe", "http://127.0.0.1:\(port)"], niceness: 0)
    let fleet = try (0..<processes).map { number in
      let share = workers / processes + (number < workers % processes ? 1 : 0)
      let arguments = ["--connect", endpoint, "--names", "light-\(number)", "--workers", "\(share)"]
      return try child("light-\(number)", arguments + ["--edges", "\(edges)"], niceness: 19)
    }
    let status = try await coordinator.waitForCompletion(of: Self.name)
    outcome.seconds = (clock.now - start) / .seconds(1)
    let (exported, ownFrames) = try await exportAsClient(endpoint)
    outcome.exportBytes = try FileManager.default.attributesOfItem(atPath: output("stats"))[.size] as? Int ?? 0
    outcome.workersSeen = await coordinator.status().workers.count
    await coordinator.drainWorkers(reason: "the bench is over")
    var sum = LightFleet.Outcome()
    for worker in fleet {
      sum.add(try JSONDecoder().decode(LightFleet.Outcome.self, from: Data(try await worker.lastWords().utf8)))
    }
    outcome.export = exported - Double(sum.lastDeltaAt) / 1000
    outcome.acknowledged = sum.acknowledged.count
    outcome.probe = try StatusProbe.parse(try await probe.lastWords())
    outcome.framesSent = sum.framesSent + outcome.probe.framesSent + ownFrames
    // The last goodbyes may still be on their way. What does not arrive within seconds never does.
    for _ in 0..<50 where await coordinator.status().counters.framesReceived < Int64(outcome.framesSent) {
      try await Task.sleep(for: .milliseconds(100))
    }
    let counters = await coordinator.status().counters
    outcome.framesReceived = Int(counters.framesReceived)
    outcome.merged = Int(counters.deltasMerged)
    outcome.duplicates = Int(counters.deltasDuplicate)
    outcome.done = status.done
    outcome.edgeUpdates = status.edgeUpdates
    outcome.distinctEdges = status.edges
    outcome.aggregateBytes = status.aggregateBytes
    outcome.residentPeak = Int(ProcessMemory.peakBytes())
    return outcome
  }

  /// Waits for the run as `autointerp run` does and writes its statistics to a file. Returns when they were there, in
  /// seconds since 1970, and how many frames that took.
  private func exportAsClient(_ endpoint: String) async throws -> (at: Double, frames: Int) {
    try await CoordinatorClient.with(endpoint, security: .plain()) { client in
      _ = try await client.waitForCompletion(of: Self.name)
      try OutputFile(output("stats")).write(try await client.export(run: Self.name))
      return (Date().timeIntervalSince1970, await client.framesSent)
    }
  }

  /// Seconds from starting a coordinator with the finished run until its aggregate answers.
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

    /// The output of the process, once it has ended.
    func lastWords() async throws -> String {
      let end = await process.end()
      guard end == .exited(0) else { throw PlatformError.system(operation: "a process of the bench", reason: "\(end)") }
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
    var settings = CoordinatorConfiguration(softwareVersion: "lab")
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
