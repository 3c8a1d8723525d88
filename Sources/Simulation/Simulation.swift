// autointerp
// `Simulation.play` plays the history of a scenario and a seed.
// SPDX-License-Identifier: Apache-2.0

/// The figures of a simulated history.
package struct SimulationStatistics: Equatable, Sendable {
  package internal(set) var events = 0
  package internal(set) var messages = 0
  package internal(set) var simulatedTime: SimulatedTime = 0
  package internal(set) var promptsMerged = 0
  /// How many computations slots have started.
  package internal(set) var executions = 0
  /// The longest time from the end of the faults to the end of all work.
  package internal(set) var longestCalm: SimulatedTime = 0
  package internal(set) var occurrences = OccurrenceCounts()

  package init() {}

  package mutating func add(_ other: SimulationStatistics) {
    events += other.events
    messages += other.messages
    simulatedTime += other.simulatedTime
    promptsMerged += other.promptsMerged
    executions += other.executions
    longestCalm = max(longestCalm, other.longestCalm)
    occurrences.add(other.occurrences)
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
  /// Plays the history of a scenario and a seed, with a defect in the fleet if one is given. `sink` gets one line for
  /// each event as it happens, so that a history that traps can be followed.
  ///
  /// - Throws: `SimulationFailure`.
  package static func play(
    _ scenario: Scenario, seed: UInt64, sabotage: Sabotage? = nil, sink: ((String) -> Void)? = nil
  ) throws -> SimulationStatistics {
    let place = SeedsUnderWay.begin(seed)
    defer { SeedsUnderWay.end(place) }
    var fleet = SimulatedFleet(scenario, seed: seed, sabotage: sabotage, sink: sink)
    do { try fleet.play() } catch {
      sink?("\(error)")
      throw error
    }
    return fleet.statistics
  }
}
