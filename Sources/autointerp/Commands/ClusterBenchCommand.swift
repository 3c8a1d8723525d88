// autointerp
// `autointerp bench-cluster`: how much a coordinator can take.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator
internal import Foundation
internal import Logging
internal import Simulation

/// Loads a coordinator with light workers on real sockets, and times what it does with a delta.
struct ClusterBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-cluster",
    abstract: "Measure how much a coordinator can take.",
    discussion: """
      First times decoding, committing and merging of deltas on one core. Then starts a coordinator and --workers workers \
      that make graphs up, in --processes processes over loopback TCP, and reports throughput, lost prompts, and how \
      long the status took to answer meanwhile; last how long an export, and a restart with all prompts done, take.

      EXAMPLES
        autointerp bench-cluster
        autointerp bench-cluster --workers 1000 --processes 8 --prompts 20000 --edges 1000 --json
      """)

  @Option(help: "Workers.")
  var workers: Int = 1000

  @Option(help: "Processes that hold them.")
  var processes: Int = 8

  @Option(help: "Prompts of the run.")
  var prompts: Int = 4000

  @Option(help: "Edges of each prompt.")
  var edges: Int = 2000

  @Flag(help: "Print a JSON object.")
  var json = false

  @Option(help: .hidden)
  var connect: String?

  @Option(help: .hidden)
  var names: String = "light"

  func validate() throws {
    guard (1...3000).contains(processes), (1...100_000).contains(workers), prompts >= 1, edges >= 1 else {
      throw ValidationError("--workers, --processes, --prompts and --edges must be positive.")
    }
  }

  func run() async throws {
    if let connect {
      // One of the processes that hold workers.
      let fleet = LightFleet(
        endpoint: connect, security: .plain(), names: names, count: workers, edgesPerPrompt: edges)
      print(try await fleet.run())
      return
    }
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("autointerp-bench-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let merge = try MergeBenchmark.run(
      directory: directory + "/merge", prompts: 200, edgesPerPrompt: 10_000, batch: 16)
    let load = try await load(RunsDirectory(path: directory + "/load"))
    report(merge, load)
  }

  private struct Load {
    var seconds = 0.0
    var merged = 0
    var lost = 0
    var acknowledged = 0
    var workersSeen = 0
    var edges: Int64 = 0
    /// Seconds until every worker was there.
    var connecting = 0.0
    /// Of the answers to requests for the status, sorted.
    var statusSeconds: [Double] = []
    var export = 0.0
    var restart = 0.0

    /// The time within which this share of the requests for the status was answered.
    func status(at share: Double) -> Double {
      statusSeconds.isEmpty ? 0 : statusSeconds[Int(Double(statusSeconds.count - 1) * share)]
    }
  }

  private func coordinator(_ stores: RunsDirectory) -> Coordinator {
    var settings = CoordinatorConfiguration(softwareVersion: SoftwareVersion.current)
    settings.endpoint = "tcp://127.0.0.1:0"
    return Coordinator(
      configuration: settings, stores: stores, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
  }

  private func load(_ stores: RunsDirectory) async throws -> Load {
    let run = LoadRun.specification(prompts: prompts, name: "load")
    let clock = ContinuousClock()
    var load = try await serving(coordinator(stores)) { coordinator, endpoint in
      try await coordinator.submit(run)
      var load = Load()
      let start = clock.now
      let outputs = (0..<processes).map { "\(stores.path)/light-\($0).out" }
      let children = try outputs.enumerated().map { try child($0, endpoint: endpoint, outputPath: $1) }
      // What a client sees, over the socket, while the fleet is at work.
      let outcome = try await CoordinatorClient.with(endpoint, security: .plain()) { client in
        var (latencies, workersSeen, connecting) = ([Double](), 0, 0.0)
        while true {
          let asked = clock.now
          let status = try await client.status()
          latencies.append((clock.now - asked) / .seconds(1))
          if workersSeen < status.workers.count {
            workersSeen = status.workers.count
            connecting = (clock.now - start) / .seconds(1)
          }
          if status.runs.first?.state == .complete { return (latencies.sorted(), workersSeen, connecting) }
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      load.seconds = (clock.now - start) / .seconds(1)
      (load.statusSeconds, load.workersSeen, load.connecting) = outcome
      let exporting = clock.now
      _ = try await coordinator.export("load")
      load.export = (clock.now - exporting) / .seconds(1)
      await coordinator.drainWorkers(reason: "the bench is over")
      for (child, output) in zip(children, outputs) {
        _ = await child.end()
        let text = try String(contentsOfFile: output, encoding: .utf8)
        load.acknowledged += Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
      }
      let status = await coordinator.status()
      load.merged = Int(status.counters.deltasMerged)
      load.edges = status.runs.first?.edgeUpdates ?? 0
      load.lost = prompts - (status.runs.first?.done ?? 0)
      return load
    }
    let restarting = clock.now
    try await serving(coordinator(stores)) { coordinator, _ in _ = try await coordinator.aggregate(of: "load") }
    load.restart = (clock.now - restarting) / .seconds(1)
    return load
  }

  private func serving<Result: Sendable>(
    _ coordinator: Coordinator, _ body: (Coordinator, String) async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await coordinator.run() }
      defer { coordinator.shutDown() }
      let result = try await body(coordinator, coordinator.boundEndpoint())
      coordinator.shutDown()
      try await group.waitForAll()
      return result
    }
  }

  private func child(_ number: Int, endpoint: String, outputPath: String) throws -> ChildProcess {
    let share = workers / processes + (number < workers % processes ? 1 : 0)
    return try ChildProcess(
      arguments: [
        "bench-cluster", "--connect", endpoint, "--names", "light-\(number)", "--workers", "\(share)", "--edges",
        "\(edges)",
      ], logPath: outputPath)
  }

  private func report(_ merge: MergeBenchmark, _ load: Load) {
    let perMillion = Double(merge.aggregateBytes) / Double(max(1, merge.aggregateEdges))
    if json {
      print(
        """
        {"acknowledged":\(load.acknowledged),"aggregate_bytes_per_edge":\(perMillion),"export_seconds":\(load.export),\
        "fleet_edges_per_second":\(Double(load.edges) / load.seconds),"fleet_seconds":\(load.seconds),\
        "lost_prompts":\(load.lost),"merge_edges_per_second":\(merge.edgesPerSecond),"merged":\(load.merged),\
        "prompts":\(prompts),"restart_seconds":\(load.restart),"status_median_seconds":\(load.status(at: 0.5)),\
        "status_slowest_seconds":\(load.status(at: 1)),\
        "workers_seen":\(load.workersSeen)}
        """)
      return
    }
    func text(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }
    func share(_ time: Duration) -> String {
      text(100 * (time / (merge.decode + merge.commit + merge.merge)), 0) + " %"
    }
    print(
      """
      one core: \(text(merge.edgesPerSecond / 1e6)) million edge updates a second decoded, committed and merged
        decode \(share(merge.decode)), commit \(share(merge.commit)), merge \(share(merge.merge)); \
      \(merge.payloadBytes / max(1, merge.prompts) / 1000) kB a delta of \(merge.edges / max(1, merge.prompts)) edges
        aggregate \(text(perMillion, 0)) MB per million edges, \(merge.aggregateEdges) edges
      fleet: \(load.workersSeen) of \(workers) workers seen, \(load.merged) of \(prompts) prompts merged, \
      \(load.lost) lost, in \(text(load.seconds)) s
        \(text(Double(load.merged) / load.seconds, 0)) prompts and \
      \(text(Double(load.edges) / load.seconds / 1e6)) million edges a second, workers included
        all connected after \(text(load.connecting)) s; status in \(text(load.status(at: 0.5) * 1000, 0)) ms (median), \
      \(text(load.status(at: 0.95) * 1000, 0)) ms (95 %), \(text(load.status(at: 1) * 1000, 0)) ms (slowest); export \(text(load.export)) s; \
      restart with everything done \(text(load.restart)) s
      """)
  }
}
