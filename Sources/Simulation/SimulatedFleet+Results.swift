// autointerp
// `SimulatedFleet` checks the machine and the disk after each event, and the result of every run at the end.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Coordinator
internal import Platform

extension SimulatedFleet {
  private func broken(_ text: String) -> SimulationFailure { .brokenInvariant(text) }

  /// Runs after each event of the coordinator. Checks totals and the prompts that the event touched, O(touched). Checks
  /// everything if the fleet is small, and otherwise from time to time.
  mutating func checkMachine() throws {
    coordinator!.events += 1
    for run in runs.indices where runs[run].file != nil {
      let name = runs[run].name
      let counts = PromptPhase.allCases.compactMap { coordinator!.machine.count($0, ofRun: name) }
      guard !counts.isEmpty else { continue }
      guard counts.reduce(0, +) == runs[run].tracks.count else { throw broken("\(name) has too many or few prompts") }
      let (done, stored) = (counts[PromptPhase.done.rawValue], runs[run].storedCount)
      guard done == stored else { throw broken("\(done) prompts of \(name) are done, but \(stored) are on the disk") }
      if counts[PromptPhase.quarantined.rawValue] != coordinator!.quarantined[run]?.count ?? 0 {
        try checkVotes(onRun: run)
      }
    }
    for (run, prompt) in touched where runs[run].file != nil { try checkPrompt(prompt, run: run) }
    let isSmall = scenario.checksEverything
    if isSmall || coordinator!.events % 4096 == 0 {
      let isDeep = coordinator!.events % (isSmall ? 32 : 65_536) == 0
      if let first = coordinator!.machine.brokenInvariants(deep: isDeep).first { throw broken(first) }
    }
  }

  private func checkPrompt(_ prompt: Int32, run: Int) throws {
    let name = runs[run].name
    guard let phase = coordinator!.machine.phase(of: prompt, run: name) else { return }
    let leases = coordinator!.machine.liveLeases(of: prompt, run: name)
    let isStored = runs[run].isStored(prompt)
    guard isStored == (phase == .done) else {
      throw broken("prompt \(prompt) is \(phase), and \(isStored ? "" : "not ")on the disk")
    }
    switch phase {
    case .queued, .quarantined:
      guard leases.isEmpty else { throw broken("prompt \(prompt) is \(phase), but has a live lease") }
    case .leased:
      guard (1...2).contains(leases.count), Set(leases.map(\.worker)).count == leases.count,
        leases.count(where: { !$0.isBackup }) <= 1
      else { throw broken("prompt \(prompt) has \(leases.count) live leases") }
    case .committing, .done:
      break
    }
    guard !isStored || runs[run].file!.quarantined[prompt] == nil else {
      throw broken("prompt \(prompt) is done and quarantined on the disk")
    }
  }

  /// Checks that every prompt of a complete run is merged once, or quarantined with a reason if something is wrong with
  /// it, and that the aggregate and its export equal, byte for byte, those of the same deltas without faults.
  func checkResult(of run: SimulatedRun) throws {
    guard let file = run.file else { return }
    if run.wish == .complete {
      guard file.state == .complete else { throw broken("\(run.name) is complete, but not on the disk") }
      for prompt in Int32(0)..<Int32(run.tracks.count) {
        let isDone = file.digests[prompt] != nil
        guard isDone == (run.nature(of: prompt) == .ordinary), isDone != (file.quarantined[prompt] != nil) else {
          throw broken("prompt \(prompt) is \(run.nature(of: prompt)), and \(isDone ? "merged" : "not merged")")
        }
      }
      if file.quarantined.values.contains(where: \.reason.isEmpty) { throw broken("a quarantine has no reason") }
    }
    if let damaged = file.damagedPrompts().first { throw broken("the stored result of prompt \(damaged) is damaged") }
    var faultless = EdgeAggregate()
    for prompt in file.digests.keys.sorted() {
      let delta = deltas.delta(
        run: run.number, prompt: prompt, origin: run.origin(of: prompt), digest: file.digests[prompt]!)
      guard let delta else {
        // What a Byzantine worker did in a cancelled run is taken back when the run is resumed.
        if run.wish == .cancelled, byzantine != nil { return }
        throw broken("prompt \(prompt) has a delta that no honest worker computed")
      }
      try faultless.merge(delta)
    }
    let aggregate = try file.aggregate ?? file.merged()
    guard aggregate == faultless else {
      throw broken("the aggregate of \(run.name) differs from that of a history without faults")
    }
    let exports = [aggregate, faultless].map { aggregate in
      var digest = RunningDigest()
      EdgeStatisticsExport(
        aggregate: aggregate, specification: run.specification, quarantined: file.quarantined.keys.sorted()
      ).write { digest.add($0) }
      return digest
    }
    guard exports[0] == exports[1] else { throw broken("the export of \(run.name) differs byte for byte") }
  }
}

/// FNV-1a (Fowler, Noll, Vo) over bytes that come in pieces.
private struct RunningDigest: Equatable {
  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private var count = 0

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      count += 1
    }
  }
}
