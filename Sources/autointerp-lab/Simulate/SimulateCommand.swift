// autointerp
// `SimulateCommand` is `autointerp-lab simulate`: it plays seeded histories of faults over a simulated fleet.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Simulation

/// Plays seeded histories and reports the first that breaks a promise.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Check the cluster's promises under simulated faults.",
    discussion: """
      Plays histories of a simulated fleet over the real decisions of coordinator and workers, with real deltas and the \
      real aggregate: messages get lost, doubled, late, overtaken and cut off one way or both, workers crash, hang, crawl, \
      stop, leave, fail everything, send nonsense and bring another model, the owner of a listed key forges fences, sends \
      wrong graphs and votes under two names, the coordinator crashes, stops and recovers from what was committed, the \
      disk fills up, bits flip at rest, logs get lost, clients do not read, operators cancel, resume, retry, discard, \
      drain and submit more. After each event it is \
      checked that whatever it touched is merged once or quarantined with a reason, that nothing is acknowledged before it \
      is durable, that no prompt is given out twice or again without cause, and no failure counted that did not happen; \
      after each phase of faults, that all work gets done in time and the result is that of a history without faults, byte \
      for byte. A seed determines its history; the one that fails is printed in full, and kept in a file.

      Examples:
        autointerp-lab simulate --seeds 10000
        autointerp-lab simulate --workers 1000 --prompts 100000 --seeds 3
        autointerp-lab simulate --first-seed 1234 --history

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

  @Option(help: "How many histories are played in parallel.")
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "Put a defect into the fleet, to see whether it is noticed.")
  var sabotage: Sabotage?

  @Flag(help: "Print the history of the first seed, and play no other.")
  var history = false

  @Flag(help: "Print the figures as JSON.")
  var json = false

  func validate() throws {
    guard seeds >= 1 else { throw ValidationError("--seeds must be at least 1.") }
    guard threads >= 1 else { throw ValidationError("--threads must be at least 1.") }
    guard firstSeed <= UInt64.max - UInt64(seeds) else { throw ValidationError("--first-seed is too large.") }
    if let workers { guard (1...60_000).contains(workers) else { throw ValidationError("--workers: 1 to 60000.") } }
    if let prompts {
      guard (1...10_000_000).contains(prompts) else { throw ValidationError("--prompts: 1 to 10000000.") }
    }
    if history && json { throw ValidationError("--history prints lines, not JSON.") }
  }

  func run() async throws {
    SeedsUnderWay.noteWhenTrapped()
    if history { return try printHistory() }
    let start = ContinuousClock.now
    let progress = SimulationProgress(seeds: seeds)
    let outcome = await withTaskGroup(of: Void.self) { group in
      group.addTask { await progress.show() }
      let outcome = await play(progress)
      group.cancelAll()
      return outcome
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    switch outcome {
    case .success(let total):
      print(SimulationReport(total, seeds: seeds, seconds: seconds).text(asJSON: json))
    case .failure(let failed):
      try report(failed)
      throw ExitCode(1)
    }
  }

  private struct FailedSeed: Error {
    var seed: UInt64
    var error: any Error
  }

  /// Returns the totals, or the first seed that fails.
  private func play(_ progress: SimulationProgress) async -> Result<SimulationStatistics, FailedSeed> {
    var total = SimulationStatistics()
    var next = firstSeed
    let end = firstSeed + UInt64(seeds)
    return await withTaskGroup(of: Result<SimulationStatistics, FailedSeed>.self) { group in
      func add() {
        guard next < end else { return }
        let seed = next
        next += 1
        group.addTask { [self] in
          Result { try Simulation.play(scenario(seed), seed: seed, sabotage: sabotage) }
            .mapError { FailedSeed(seed: seed, error: $0) }
        }
      }
      for _ in 0..<threads { add() }
      while let result = await group.next() {
        guard case .success(let statistics) = result else { return result }
        total.add(statistics)
        progress.advance()
        add()
      }
      return .success(total)
    }
  }

  private func scenario(_ seed: UInt64) -> Scenario {
    guard workers != nil || prompts != nil else { return .drawn(from: seed) }
    return .fleet(workers: workers ?? 100, prompts: prompts ?? 10_000, seed: seed)
  }

  /// Prints line by line as things happen, so that a history that ends in a trap is printed up to there.
  private func printHistory() throws {
    func put(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
    do { _ = try Simulation.play(scenario(firstSeed), seed: firstSeed, sabotage: sabotage, sink: put) } catch {
      print("seed \(firstSeed) broke a promise")
      throw ExitCode(1)
    }
    print("seed \(firstSeed) kept every promise")
  }

  /// Plays the failed seed again. Its history goes to a file and, if it is not too long, to the terminal.
  private func report(_ failed: FailedSeed) throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(
      "autointerp-simulate-\(workers.map { "\($0)-" } ?? "")seed-\(failed.seed).txt")
    var lines: [String] = []
    _ = try? Simulation.play(scenario(failed.seed), seed: failed.seed, sabotage: sabotage) { lines.append($0) }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    if json {
      let report = ["error": "\(failed.error)", "failed_seed": "\(failed.seed)", "history": file.path]
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
    for line in lines.count <= 20_000 ? lines[...] : lines.suffix(1000) { print(line) }
    print("seed \(failed.seed) broke a promise: \(failed.error)")
    print("its history of \(lines.count) lines is in \(file.path)")
  }
}

extension Sabotage: ExpressibleByArgument {}
