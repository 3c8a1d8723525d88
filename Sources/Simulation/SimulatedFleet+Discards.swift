// autointerp
// `SimulatedFleet` lets operators take back what a worker did, and take a Byzantine worker's key from the allow-list.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

extension SimulatedFleet {
  /// Whose results are meant: those of a key or, without keys, of a name.
  private func author(_ worker: Int) -> (key: String?, worker: String?) {
    workers[worker].key.map { ($0.text, nil) } ?? (nil, workers[worker].name)
  }

  /// Begins a discard as `FleetCore` does: first the worker is barred.
  mutating func discard(_ run: Int, of worker: Int) throws {
    let name = runs[run].name
    guard let state = coordinator!.machine.state(of: name), state != .cancelled else { return }
    trace("operator discards what \(workers[worker].name) did in \(name)")
    let author = author(worker)
    try coordinate { $0.bar(name, key: author.key, worker: author.worker, now: $1) }
    try finishDiscard(generation: coordinatorGeneration, run: run, worker: worker)
  }

  /// Carries out a discard once no delta of the worker is being written.
  mutating func finishDiscard(generation: Int, run: Int, worker: Int) throws {
    guard coordinator?.generation == generation else { return }
    let (name, author) = (runs[run].name, author(worker))
    // A worker that is barred keeps its deltas and sends them again after seconds, so its leases may end meanwhile.
    for other in workers where other.voice == workers[worker].voice {
      touch(other.number, until: now + scenario.workerSettings.resendAfter.milliseconds * 2000)
    }
    let outcome = coordinator!.machine.outcome(ofDiscarding: name, key: author.key, worker: author.worker)
    if outcome?.isEarly == true {
      return schedule(.operatorDiscards(generation: generation, run: run, worker: worker), after: .seconds(0.05))
    }
    let prompts = coordinator!.machine.promptsToDiscard(of: name, key: author.key, worker: author.worker)
    if !prompts.isEmpty, coordinator!.machine.state(of: name) != .cancelled {
      trace("prompts \(prompts) of \(name) are discarded")
      count(.discard)
      try checkDiscard(of: prompts, run: run, worker: worker)
      runs[run].beginDiscard(of: prompts)
      try coordinate { $0.discard(name, key: author.key, worker: author.worker, now: $1) }
    }
    try coordinate { $0.unbar(name, key: author.key, worker: author.worker, now: $1) }
  }

  /// Checks that a discard takes nobody else's results.
  private func checkDiscard(of prompts: [Int32], run: Int, worker: Int) throws {
    for prompt in prompts where runs[run].isStored(prompt) {
      let author = workers[SimulatedWorker.number(named: runs[run].file!.tables.deltas[prompt]!.worker)]
      guard author.voice != workers[worker].voice else { continue }
      throw SimulationFailure.brokenInvariant(
        "what \(author.name) did for prompt \(prompt) is discarded as if \(workers[worker].name) had done it")
    }
  }

  /// After the faults, an operator takes the Byzantine worker's key from the allow-list and then all of its results
  /// back. Returns false if that is done.
  mutating func takeBackByzantineResults() throws -> Bool {
    guard let byzantine, byzantine.isListed else { return false }
    trace("operator removes the key of the Byzantine worker")
    self.byzantine!.isListed = false
    let key = workers[byzantine.faces[0].number].key
    try coordinate { $0.dismissWorkers(now: $1) { $0 != key } }
    for run in runs.indices where runs[run].wish == .complete && runs[run].file != nil {
      try discard(run, of: byzantine.faces[0].number)
    }
    return true
  }

  // MARK: Votes

  /// Checks, when prompts come into quarantine, that one voice alone did not put them there while others could be asked.
  mutating func checkVotes(onRun run: Int) throws {
    let name = runs[run].name
    let quarantined = Set(coordinator!.machine.quarantinedPrompts(of: name))
    let new = quarantined.subtracting(coordinator!.quarantined[run] ?? [])
    coordinator!.quarantined[run] = quarantined
    guard !new.isEmpty else { return }
    let told = coordinator!.machine.quarantinedPrompts(of: name, from: 0, maximumBytes: .max)?.prompts ?? []
    for prompt in told where new.contains(prompt.prompt) {
      // Each error begins with the name of a worker.
      let names = prompt.errors.map { String($0.prefix { $0 != ":" }) }
      let voices = Set(names.map { workers[SimulatedWorker.number(named: $0)].voice })
      // One voice that fails it again and again is believed in the end.
      guard voices.count == 1, prompt.errors.count < 4 * scenario.settings.failuresToQuarantine,
        let other = otherToAsk(than: voices, run: run)
      else { continue }
      throw SimulationFailure.brokenInvariant(
        "prompt \(prompt.prompt) is quarantined by one voice although \(other) could be asked: \(prompt.errors)")
    }
  }

  /// A worker that has or wants work, never failed anything and could compute prompts of the run.
  private func otherToAsk(than voices: Set<String>, run: Int) -> String? {
    let machine = coordinator!.machine
    let idle = Set(machine.idleWorkers(now: clock).map(\.name))
    return machine.status(softwareVersion: "", startedAt: .zero, now: clock).workers.first { status in
      let worker = workers[SimulatedWorker.number(named: status.name)]
      return (status.state == .working || idle.contains(status.name)) && status.failed == 0
        && !voices.contains(worker.voice) && runs[run].file?.fingerprint == worker.model
    }?.name
  }
}
