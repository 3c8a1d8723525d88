// autointerp
// `Scenario.drawMisdeeds` adds keys, a Byzantine worker, damage at rest and discards to a drawn scenario.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

extension Scenario {
  /// Draws what is not a plain fault. The numbers come from a sequence of their own.
  mutating func drawMisdeeds(_ random: inout SeededRandom) {
    hasKeys = random.chance(0.3)
    if random.chance(0.2) {
      hasKeys = true
      byzantineNames = random.chance(0.8) ? 2 : 1
      // It may hold each prompt for the time of a lease, several times.
      patience += .seconds(120)
    }
    if random.chance(0.1) { silentClients = random.integer(in: 1...3) }
    for phase in phases.indices { drawMisdeeds(in: phase, &random) }
  }

  private mutating func drawMisdeeds(in phase: Int, _ random: inout SeededRandom) {
    let length = phases[phase].length
    if random.chance(0.15) { phases[phase].lostLogs = 0.7 }
    if random.chance(0.15) { phases[phase].bitFlips = 0.7 }
    // Files are damaged when the coordinator dies.
    if phases[phase].lostLogs + phases[phase].bitFlips > 0, phases[phase].coordinatorCrashes.isEmpty {
      phases[phase].coordinatorCrashes = [random.time(in: length / 2...length)]
    }
    guard random.chance(byzantineNames > 0 ? 0.5 : 0.1) else { return }
    for _ in 0..<random.integer(in: 1...2) {
      let action = OperatorAction.discard(
        run: random.integer(in: 0...runs.count - 1), worker: random.integer(in: 0...workerCount + byzantineNames - 1))
      let time = random.time(in: 0...length)
      phases[phase].actions.append((time, action))
      // A restart must not forget it.
      if random.chance(0.5) { phases[phase].coordinatorCrashes.append(time + random.time(in: 0 ... .seconds(1))) }
    }
  }
}
