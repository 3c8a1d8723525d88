// autointerp
// Histories by seed.
// SPDX-License-Identifier: Apache-2.0

/// What a simulated history added up to.
package struct SimulationStatistics: Equatable, Sendable {
  package var events = 0
  package var messages = 0
  package var simulatedTime: SimulatedTime = 0
  package var workerCrashes = 0
  package var promptsMerged = 0
  /// Prompts without a fault of their own that were quarantined by bad luck, and done after a retry.
  package var wronglyQuarantined = 0

  package init() {}

  package mutating func add(_ other: SimulationStatistics) {
    events += other.events
    messages += other.messages
    simulatedTime += other.simulatedTime
    workerCrashes += other.workerCrashes
    promptsMerged += other.promptsMerged
    wronglyQuarantined += other.wronglyQuarantined
  }
}

/// How a history broke a promise.
package enum SimulationFailure: Error, Equatable, Sendable {
  case brokenInvariant(String)
  /// The fleet did not finish although the faults were over.
  case stuck(String)
}

extension SimulationFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .brokenInvariant(let text): "broken invariant: \(text)"
    case .stuck(let text): "no progress although the faults are over: \(text)"
    }
  }
}

/// Plays histories.
package enum Simulation {
  /// Plays the history of a scenario and a seed.
  ///
  /// - Throws: `SimulationFailure`.
  package static func play(_ scenario: Scenario, seed: UInt64) throws -> SimulationStatistics {
    var fleet = SimulatedFleet(scenario, seed: seed, isTraced: false)
    try fleet.play()
    return fleet.statistics
  }

  /// Plays it again, to see what happened: a line for each event, the failure last.
  package static func history(of scenario: Scenario, seed: UInt64) -> [String] {
    var fleet = SimulatedFleet(scenario, seed: seed, isTraced: true)
    do {
      try fleet.play()
      return fleet.history?.lines ?? []
    } catch {
      return (fleet.history?.lines ?? []) + ["\(error)"]
    }
  }
}
