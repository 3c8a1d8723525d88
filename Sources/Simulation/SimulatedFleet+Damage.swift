// autointerp
// `SimulatedFleet` damages the files of a coordinator that is down, and lets an operator repair them.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Coordinator

extension SimulatedFleet {
  /// What happens to the files of a coordinator that died: a log gets lost, a bit flips.
  mutating func damageFiles() {
    for run in runs.indices where runs[run].file != nil {
      if random.chance(faults.lostLogs) {
        let before = runs[run].file!.digests.count
        runs[run].file!.loseLog()
        count(.lostLog)
        trace("\(runs[run].name) loses its log and \(before - runs[run].file!.digests.count) results")
      }
      let prompts = runs[run].file!.digests.keys.sorted()
      guard !prompts.isEmpty, random.chance(faults.bitFlips) else { continue }
      let prompt = prompts[random.integer(in: 0...prompts.count - 1)]
      count(.flippedBit)
      trace("a bit of the result of prompt \(prompt) of \(runs[run].name) flips")
      runs[run].file!.flipBit(
        of: prompt, inDigest: random.chance(0.1), place: random.integer(in: 0...Int(Int32.max)))
    }
  }

  /// Checks that an opening says that a log is missing if results went with it. They are then computed again.
  mutating func checkLostLog(of run: Int, isLogMissing: Bool) throws {
    if isLogMissing {
      try checkIsTold(of: run)
      forgetResultsLostWithLog(of: run)
    }
    if let prompt = missingResults(of: run).first {
      throw SimulationFailure.brokenInvariant("prompt \(prompt) was acknowledged and is gone")
    }
  }

  /// The prompts whose results were acknowledged and are not in the run's file.
  private func missingResults(of run: Int) -> [Int] {
    runs[run].tracks.indices.filter {
      runs[run].tracks[$0].isPromised && runs[run].file?.digests[Int32($0)] == nil
    }
  }

  private mutating func forgetResultsLostWithLog(of run: Int) {
    for prompt in missingResults(of: run) {
      runs[run].tracks[prompt].isPromised = false
      count(.resultLostWithLog)
    }
  }

  /// Checks that clients learn from the status that something is wrong with the run.
  private func checkIsTold(of run: Int) throws {
    let status = coordinator!.machine.status(softwareVersion: "", startedAt: .zero, now: clock)
    guard status.recentErrors.contains(where: { $0.text.contains(runs[run].name) && $0.text.contains("file") }) else {
      throw SimulationFailure.brokenInvariant("nobody is told what is wrong with the file of \(runs[run].name)")
    }
  }

  /// Reads the results of a run's file. Returns false if some are damaged; then the coordinator refuses the file, and an
  /// operator comes to repair it.
  mutating func readResults(of run: Int) throws -> Bool {
    let damaged = runs[run].file!.damagedPrompts()
    let isIgnored = sabotage == .mergesDamagedResults && (try? runs[run].file!.merged()) != nil
    guard damaged.isEmpty || isIgnored else {
      count(.refusedFile)
      let text = "the file of \(runs[run].name) is damaged: the result of prompt \(damaged[0])"
      try coordinate { $0.note(error: text, now: $1) }
      try checkIsTold(of: run)
      sendForRepair()
      return false
    }
    try runs[run].file!.read()
    return true
  }

  private mutating func sendForRepair() {
    guard !awaitsRepair else { return }
    awaitsRepair = true
    schedule(.operatorRepairs, within: .seconds(0.5)...scenario.coordinatorRestart.upperBound)
  }

  /// An operator stops the coordinator, repairs every file, and starts it again.
  mutating func repairFiles() throws {
    awaitsRepair = false
    if isDiskFull { return sendForRepair() }
    if coordinator != nil { stopCoordinator() }
    for run in runs.indices where runs[run].file != nil {
      if sabotage == .repairTrustsDamagedResults { runs[run].file!.renewDigests() }
      let isLogMissing = runs[run].file!.isLogMissing
      let lost = runs[run].file!.repair()
      guard !lost.isEmpty else { continue }
      // The repair says that a log is missing. The new file needs none, so no opening says it again.
      if isLogMissing { forgetResultsLostWithLog(of: run) }
      trace("\(runs[run].name) is repaired without the results of prompts \(lost)")
      count(.repair)
      for prompt in lost.map(Int.init) {
        runs[run].tracks[prompt].isPromised = false
        runs[run].tracks[prompt].liveFrom = runs[run].tracks[prompt].grants.count
      }
    }
  }

  /// An operator checks all files of a fleet that has nothing to do. Returns true if one must be repaired.
  mutating func sendForRepairIfDamaged() -> Bool {
    guard runs.contains(where: { $0.file?.damagedPrompts().isEmpty == false }) else { return false }
    trace("a check finds a damaged file")
    sendForRepair()
    return true
  }
}
