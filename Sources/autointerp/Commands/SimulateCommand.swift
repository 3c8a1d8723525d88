// autointerp
// `autointerp simulate`: seeded histories of faults over a simulated fleet.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Simulation

/// Plays seeded histories and reports the first that breaks a promise.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Hold the cluster's promises against simulated faults.",
    discussion: """
      Plays histories of a simulated fleet over the real decisions of coordinator and workers: messages get lost, doubled, \
      late and overtaken, workers crash, hang, crawl and are cut off, the coordinator crashes and recovers from what was \
      committed, the disk fills up. After each event it is checked that every prompt is merged once or quarantined with \
      a reason, that nothing is acknowledged before it is durable, and that the fleet gets on once the faults are over. \
      A seed determines its history; the one that fails is printed in full.

      Examples:
        autointerp simulate --seeds 10000
        autointerp simulate --workers 1000 --prompts 100000 --seeds 3
        autointerp simulate --first-seed 1234 --history

      Exit codes: 0 all promises kept, 1 a promise was broken, 2 the command line is wrong.
      """)

  @Option(help: "Size of the fleet; without it and --prompts each seed draws a small one.")
  var workers: Int?

  @Option(help: "Prompts of the run.")
  var prompts: Int?

  @Option(help: "How many histories to play.")
  var seeds: Int = 1000

  @Option(help: "The first seed.")
  var firstSeed: UInt64 = 0

  @Option(help: "Histories played beside each other.")
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Print the history of the first seed, whether it fails or not.")
  var history = false

  @Flag(help: "Print the figures as JSON.")
  var json = false

  func validate() throws {
    guard seeds >= 1 else { throw ValidationError("--seeds must be at least 1.") }
    guard threads >= 1 else { throw ValidationError("--threads must be at least 1.") }
    if let workers { guard (1...60_000).contains(workers) else { throw ValidationError("--workers: 1 to 60000.") } }
    if let prompts {
      guard (1...10_000_000).contains(prompts) else { throw ValidationError("--prompts: 1 to 10000000.") }
    }
  }

  func run() async throws {
    if history {
      for line in Simulation.history(of: scenario(firstSeed), seed: firstSeed) { print(line) }
      return
    }
    let start = ContinuousClock.now
    var total = SimulationStatistics()
    var played = 0
    var next = firstSeed
    let end = firstSeed + UInt64(seeds)
    try await withThrowingTaskGroup(of: (UInt64, Result<SimulationStatistics, any Error>).self) { group in
      func add() {
        guard next < end else { return }
        let seed = next
        next += 1
        group.addTask { [self] in (seed, Result { try Simulation.play(scenario(seed), seed: seed) }) }
      }
      for _ in 0..<threads { add() }
      while let (seed, result) = try await group.next() {
        do {
          total.add(try result.get())
          played += 1
          add()
        } catch {
          for line in Simulation.history(of: scenario(seed), seed: seed) { print(line) }
          print("seed \(seed) broke a promise: \(error)")
          throw ExitCode(1)
        }
      }
    }
    report(total, played: played, seconds: Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000)
  }

  private func scenario(_ seed: UInt64) -> Scenario {
    guard workers != nil || prompts != nil else { return .drawn(from: seed) }
    return .fleet(workers: workers ?? 100, prompts: prompts ?? 10_000, seed: seed)
  }

  private func report(_ total: SimulationStatistics, played: Int, seconds: Double) {
    let merged = total.promptsMerged
    if json {
      print(
        """
        {"events":\(total.events),"messages":\(total.messages),"prompts_merged":\(merged),\
        "seconds":\(seconds),"seeds":\(played),"simulated_seconds":\(total.simulatedTime / 1_000_000),\
        "worker_crashes":\(total.workerCrashes)}
        """)
      return
    }
    let rate = { (count: Int) in String(Int(Double(count) / max(seconds, 0.001))) }
    print(
      """
      \(played) histories kept every promise in \(String(format: "%.1f", seconds)) s
        \(total.events) events (\(rate(total.events)) a second), \(total.messages) messages
        \(merged) prompts merged (\(rate(merged)) a second), \(total.workerCrashes) crashes of workers
        \(total.simulatedTime / 1_000_000) s of simulated time
        \(total.wronglyQuarantined) prompts quarantined by bad luck and done after a retry
      """)
  }
}
