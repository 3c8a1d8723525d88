// autointerp
// `ClusterBenchCommand` is `autointerp-lab bench-cluster`: it measures how much a coordinator can take.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterTransport
internal import Foundation

/// Loads a coordinator with light workers over real sockets, and measures what it does with a delta.
struct ClusterBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-cluster",
    abstract: "Measure how much a coordinator can take.",
    discussion: """
      First times the way of deltas from their frames through decoding, SQLite and merging. Then starts a coordinator with \
      its status port and --workers workers that make graphs up, in --processes processes over loopback TCP; they stand \
      for other machines and run at the lowest priority. Another process asks for the status all the while, over HTTP and \
      as a client. At the end every prompt must be merged once, every delta acknowledged once, and every frame that was \
      sent must have arrived. Then a run of --finished prompts as large as real ones: how long after its last delta a \
      client has the edge statistics in a file, and how long a restart with it takes. Last, with --model, a \
      real run of --limit prompts on two workers: which share of their time they computed. scripts/bench cluster names the \
      test model and the corpus of this repository.

      Exit codes: 0 every target is met, 1 one is missed, 2 it could not be measured.

      EXAMPLES
        autointerp-lab bench-cluster
        autointerp-lab bench-cluster --workers 1000 --processes 8 --prompts 20000 --edges 1000 --json
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

  @Option(help: "Model of the real run; without it there is none.")
  var model: String?

  @Option(help: ArgumentHelp("Domain prompts of the real run.", valueName: "file"))
  var domain: String = "scripts/corpora/medical.yaml"

  @Option(help: ArgumentHelp("Baseline prompts of the real run.", valueName: "file"))
  var baseline: String = "scripts/corpora/baseline.txt"

  @Option(help: "Prompts of the real run.")
  var limit: Int = 60

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
      // This is one of the processes that hold workers.
      let fleet = LightFleet(
        endpoint: connect, security: .plain(), names: names, count: workers, edgesPerPrompt: edges)
      print(String(decoding: try JSONEncoder().encode(try await fleet.run()), as: UTF8.self))
    } else {
      let report = try await measure()
      print(json ? report.json() : report.text())
      if !report.lines.allSatisfy(\.isMet) { throw ExitCode(1) }
    }
  }

  private func measure() async throws -> ClusterBenchReport {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("autointerp-bench-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let merge = try await MergeBenchmark.run(
      directory: directory + "/merge", prompts: 200, edgesPerPrompt: 10_000, batch: 16)
    let real = model.map {
      RealRun(model: $0, prompts: domain, baseline: baseline, limit: limit, directory: directory + "/real")
    }
    let flood = ClusterLoad(
      workers: workers, processes: processes, prompts: prompts, edges: edges, directory: directory + "/flood")
    // About the size of SmolLM2's graphs with the default settings.
    let realSized = ClusterLoad(
      workers: 8, processes: 1, prompts: finished, edges: 4500, directory: directory + "/finished")
    return ClusterBenchReport(
      real: try await real?.run(), merge: merge, flood: try await flood.run(), finished: try await realSized.run(),
      restart: try await realSized.restart())
  }
}
