// autointerp
// `autointerp bench-cluster`: how much a coordinator can take.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterTransport
internal import Foundation
internal import Simulation

/// Loads a coordinator with light workers on real sockets, and times what it does with a delta.
struct ClusterBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-cluster",
    abstract: "Measure how much a coordinator can take.",
    discussion: """
      First times decoding, committing and merging of deltas on one core. Then starts a coordinator with its status port \
      and --workers workers that make graphs up, in --processes processes over loopback TCP; they stand for other \
      machines and run at the lowest priority. Another process asks for the status all the while, over HTTP and as a \
      client. Last, a run of --finished prompts as large as real ones: how long after its last delta the edge statistics \
      are in a file, and how long a restart with it takes. scripts/bench cluster adds a real run.

      EXAMPLES
        autointerp bench-cluster
        autointerp bench-cluster --workers 1000 --processes 8 --prompts 20000 --edges 1000 --json
      """)

  @Option(help: "Workers.")
  var workers: Int = 1000

  @Option(help: "Processes that hold them.")
  var processes: Int = 8

  @Option(help: "Prompts of their run.")
  var prompts: Int = 4000

  @Option(help: "Edges of each prompt.")
  var edges: Int = 2000

  @Option(help: "Prompts of the run that is exported and restarted with.")
  var finished: Int = 1000

  @Flag(help: "Print a JSON object.")
  var json = false

  @Option(help: .hidden)
  var connect: String?

  @Option(help: .hidden)
  var names: String = "light"

  @Option(help: .hidden)
  var probe: String?

  func validate() throws {
    guard (1...3000).contains(processes), (1...100_000).contains(workers), prompts >= 1, edges >= 1, finished >= 1
    else {
      throw ValidationError("--workers, --processes, --prompts, --edges and --finished must be positive.")
    }
  }

  func run() async throws {
    if let connect, let probe {
      print(try await StatusProbe(endpoint: connect, url: probe).run())
    } else if let connect {
      // One of the processes that hold workers.
      let fleet = LightFleet(
        endpoint: connect, security: .plain(), names: names, count: workers, edgesPerPrompt: edges)
      print(try await fleet.run())
    } else {
      let report = try await measure()
      print(json ? report.json() : report.text())
    }
  }

  private func measure() async throws -> ClusterBenchReport {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("autointerp-bench-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let merge = try MergeBenchmark.run(
      directory: directory + "/merge", prompts: 200, edgesPerPrompt: 10_000, batch: 16)
    let flood = ClusterLoad(
      workers: workers, processes: processes, prompts: prompts, edges: edges, directory: directory + "/flood")
    // About the size of SmolLM2's graphs at the default settings.
    let realSized = ClusterLoad(
      workers: 8, processes: 1, prompts: finished, edges: 4500, directory: directory + "/finished")
    return ClusterBenchReport(
      merge: merge, flood: try await flood.run(), finished: try await realSized.run(),
      restart: try await realSized.restart())
  }
}
