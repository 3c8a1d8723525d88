// autointerp
// `SimulationTests` tests thousands of histories with faults against the promises of the cluster.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Simulation
import Testing

@Suite struct SimulationTests {
  /// Ranges of seeds, played in parallel.
  @Test(arguments: (0..<8).map { UInt64($0) * 350..<UInt64($0 + 1) * 350 })
  func everyHistoryKeepsThePromises(seeds: Range<UInt64>) throws {
    SeedsUnderWay.noteWhenTrapped()
    for seed in seeds {
      do { _ = try Simulation.play(.drawn(from: seed), seed: seed) } catch {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("autointerp-history-\(seed).txt")
        let lines = history(of: .drawn(from: seed), seed: seed)
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        Issue.record("seed \(seed): \(error)\nits history of \(lines.count) lines is in \(file.path)")
        return
      }
    }
  }

  @Test func largeFleetKeepsThePromises() throws {
    let statistics = try Simulation.play(.fleet(workers: 150, prompts: 6000, seed: 1), seed: 1)
    #expect(statistics.promptsMerged >= 6000)
  }

  /// What never happens is not tested.
  @Test func everyFaultAndEveryAnswerToItHappens() throws {
    var total = SimulationStatistics()
    for seed in UInt64(5000)..<5600 { total.add(try Simulation.play(.drawn(from: seed), seed: seed)) }
    for occurrence in Occurrence.allCases {
      #expect(total.occurrences[occurrence] > 0, "there were no \(occurrence.rawValue)")
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func withoutFaultsEachPromptIsExecutedOnce(seed: UInt64) throws {
    var scenario = Scenario()
    scenario.slots = 1...16
    scenario.runs = [.init(promptCount: 60)]
    let statistics = try Simulation.play(scenario, seed: seed)
    #expect(statistics.promptsMerged == 60)
    #expect(statistics.executions == 60)
    #expect(statistics.occurrences[.regrant] == 0)
    #expect(statistics.occurrences[.leaseRepeated] == 0)
  }

  /// A crash of only the coordinator costs no computation on a worker that has nothing else to do.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func loneWorkerExecutesNothingTwiceWhenTheCoordinatorCrashes(seed: UInt64) throws {
    var scenario = Scenario()
    scenario.workerCount = 1
    scenario.slots = 4...4
    scenario.runs = [.init(promptCount: 40)]
    scenario.phases[0].length = .seconds(10)
    scenario.phases[0].coordinatorCrashes = [.seconds(3), .seconds(6)]
    let statistics = try Simulation.play(scenario, seed: seed)
    #expect(statistics.occurrences[.coordinatorCrash] >= 1)
    #expect(statistics.executions == 40)
  }

  /// The result is that of the honest workers, byte for byte, and comes in time.
  @Test func byzantineWorkerSpoilsOnlyWhatWasGrantedToItAndThatForATime() throws {
    var total = SimulationStatistics()
    for seed in UInt64(0)..<20 {
      var scenario = Scenario()
      scenario.hasKeys = true
      scenario.byzantineNames = 2
      let statistics = try Simulation.play(scenario, seed: seed)
      #expect(statistics.promptsMerged == 20)
      total.add(statistics)
    }
    for occurrence in [Occurrence.forgedFence, .wrongGraphStored, .falseFailure, .discard] {
      #expect(total.occurrences[occurrence] > 0, "there were no \(occurrence.rawValue)")
    }
  }

  @Test(arguments: [3, 17, 40] as [UInt64])
  func seedDeterminesItsHistory(seed: UInt64) {
    let first = history(of: .drawn(from: seed), seed: seed)
    #expect(first == history(of: .drawn(from: seed), seed: seed))
    #expect(first.count > 50)
  }

  @Test func trapNamesTheSeedsUnderWay() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      SeedsUnderWay.noteWhenTrapped()
      _ = try Simulation.play(.drawn(from: 4711), seed: 4711) { _ in preconditionFailure("a machine traps") }
    }
    let note = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(note.contains("Seeds under way: 4711\n"), "\(note)")
  }

  private func history(of scenario: Scenario, seed: UInt64) -> [String] {
    var lines: [String] = []
    _ = try? Simulation.play(scenario, seed: seed) { lines.append($0) }
    return lines
  }
}
