// autointerp
// `FleetMachine` handles the life of a worker: its hello, heartbeats, loss, goodbye and removal.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
package import ClusterTransport
internal import Platform

extension FleetMachine {
  /// Notes that the worker at `peer` is alive now. An unknown worker is told to say hello.
  mutating func hear(from peer: PeerID, now: Duration) -> WorkerID? {
    guard let worker = workers.id(at: peer), workers[worker].isPresent else {
      act(.send(.unknownWorker, to: peer))
      return nil
    }
    workers[worker].hear(now: now)
    return worker
  }

  /// Handles `hello`: registers a worker, recognises one that returns, or refuses it.
  mutating func greet(_ hello: WorkerMessage.Hello, at peer: PeerID, now: Duration) {
    if workers.id(named: hello.worker) == nil, workers.crowding(by: hello, at: peer, settings) != nil,
      let gone = workers.leastMissed(by: hello, at: peer, settings)
    {
      forget([gone])
    }
    if let reason = refusal(of: hello, at: peer, now: now)?.harmless {
      counters.workersRefused += 1
      lastRefused = (hello, now)
      if let untold = greetingRefusals.admit(hello.worker.harmless, now: now) {
        let before = untold > 0 ? " (and \(untold) times before)" : ""
        record(
          "refused worker \(hello.worker) on \(hello.host): \(reason)\(before)",
          about: NoteSubject(worker: hello.worker, key: peer.publicKey?.text), now: now)
      }
      return act(.send(.refused(reason: reason), to: peer))
    }
    // The connection may have belonged to a worker of another name, which is then gone.
    if let former = workers.id(at: peer), workers[former].name != hello.worker {
      lose(former, .silent, now: now)
    }
    if let worker = workers.id(named: hello.worker) {
      if workers[worker].hello.incarnation == hello.incarnation {
        comeBack(worker, hello, at: peer, now: now)
      } else {
        replace(worker, with: hello, at: peer, now: now)
      }
    } else {
      workers.add(hello, peer: peer, now: now)
    }
    act(
      .send(
        .welcome(
          .init(
            epoch: epoch, heartbeatMilliseconds: settings.heartbeat.milliseconds,
            deadAfterMilliseconds: settings.deadAfter.milliseconds)), to: peer))
    askForModel(workers.id(named: hello.worker)!)
    if let drainReason { drain(workers.id(named: hello.worker)!, reason: drainReason) }
    hasNews = true
  }

  private func refusal(of hello: WorkerMessage.Hello, at peer: PeerID, now: Duration) -> String? {
    guard (1...4096).contains(hello.slots) else { return "it has \(hello.slots) slots; 1 to 4096 are possible" }
    guard !hello.worker.isEmpty, hello.worker.utf8.count <= 256 else {
      return "its name is empty or longer than 256 bytes"
    }
    guard hello.worker == hello.worker.harmless else { return "its name has control or format characters" }
    let open = runs.all.filter(\.isOpen)
    if !open.isEmpty, !open.contains(where: { $0.accepts(hello) }) {
      let reasons = open.prefix(3).compactMap { run in run.refusal(of: hello).map { "run \(run.name) \($0)" } }
      return
        "it has the model \(hello.modelName) (\(hello.modelFingerprint)) and the BLAS kernel \(hello.computeKernel), but "
        + reasons.joined(separator: "; ")
    }
    guard let worker = workers.id(named: hello.worker) else { return workers.crowding(by: hello, at: peer, settings) }
    let record = workers[worker]
    // The owner of one worker's key must not be able to displace another worker. A name is free again when its worker
    // has left, its key was removed, or the worker was silent for so long that it is forgotten.
    guard record.peer.publicKey == peer.publicKey || record.phase == .departed else {
      return "its name belongs to a worker with another key (on \(record.hello.host))"
    }
    // Its leases were granted for what it said first.
    guard record.hello.incarnation != hello.incarnation || record.hello == hello else {
      return "it says something else about itself than before, which only a new process may"
    }
    if record.hasReplaced(hello.incarnation), now - record.lastHeard < settings.deadAfter {
      return "another process named \(hello.worker) (on \(record.hello.host)) is at work; names must differ"
    }
    return nil
  }

  /// The same process returns after a lost connection, a partition, a stop, or silence of the coordinator.
  private mutating func comeBack(
    _ worker: WorkerID, _ hello: WorkerMessage.Hello, at peer: PeerID, now: Duration
  ) {
    workers.attach(worker, to: peer)
    let suspicions = workers[worker].comeBack(hello, now: now)
    workers.judge(workers[worker].voice) { $0.forgiveDeaths(at: suspicions) }
    for key in suspicions {
      runs[key.run].withdrawSilence(of: key.prompt, incarnation: hello.incarnation)
    }
  }

  /// A new process uses the worker's name, so the old process is dead.
  private mutating func replace(
    _ worker: WorkerID, with hello: WorkerMessage.Hello, at peer: PeerID, now: Duration
  ) {
    lose(worker, .died, now: now)
    workers.attach(worker, to: peer)
    workers[worker].replace(with: hello, now: now)
    // A key is responsible for all of its processes.
    if peer.publicKey == nil { workers.judge(workers[worker].voice) { $0.forgiveFailures() } }
  }

  /// Handles `heartbeat`: notes progress, sends unknown leases again, and answers.
  mutating func heartbeat(_ beat: WorkerMessage.WorkerHeartbeat, worker: WorkerID, now: Duration) {
    var known: Set<LeaseID> = []
    for slot in beat.slots {
      guard let run = runs[slot.fence.run], runs[run].has(slot.fence.prompt) else { continue }
      if let lease = leases.id(of: slot.fence, run: run), leases[lease].worker == worker {
        known.insert(lease)
        leases[lease].hear(slot, now: now)
      } else if slot.phase == .executing {
        adopt(slot.fence, run: run, worker: worker, now: now)
      }
    }
    send(.heartbeat, to: worker)
    askForModel(worker)
    watchUnleased(beat, worker: worker, now: now)
    // The earlier request to drain may have been lost.
    if workers[worker].phase == .draining { send(.drain(reason: drainReason ?? "asked to leave"), to: worker) }
    for lease in workers[worker].leases where !known.contains(lease) {
      // The heartbeat may have crossed the grant on the way. One interval later that is not possible.
      guard now - leases[lease].sentAt >= settings.heartbeat else { continue }
      leases[lease].resend(lifetime: settings.lease, now: now)
      send(.lease(message(for: leases[lease])), to: worker)
    }
  }

  /// Watches slots that make no progress on something for which they have no lease. Such a slot is lost until the
  /// process restarts, and nothing else would notice.
  private mutating func watchUnleased(
    _ beat: WorkerMessage.WorkerHeartbeat, worker: WorkerID, now: Duration
  ) {
    let unleased = beat.slots.filter { slot in
      slot.phase == .executing && runs[slot.fence.run].flatMap { leases.id(of: slot.fence, run: $0) } == nil
    }
    if let stuck = workers[worker].hear(beat, unleased: unleased, limit: settings.progressDeadline, now: now) {
      retire(worker, reason: "no progress on prompt \(stuck.prompt); start a new process")
    }
  }

  /// Handles `goodbye`: hands back the worker's leases without suspicion.
  mutating func goodbye(_ worker: WorkerID, reason: String, now: Duration) {
    for lease in workers[worker].leases { handBack(lease, now: now) }
    workers[worker].leave(.departed)
    workers.detach(worker)
    act(
      .note(
        "worker \(workers[worker].name) left: \(reason)",
        about: NoteSubject(worker: workers[worker].name, key: workers[worker].peer.publicKey?.text)))
  }

  /// Removes workers whose keys are no longer allowed. Their leases go to others, nothing is suspected, and their names
  /// become free.
  package mutating func dismissWorkers(
    now: Duration, unless isAllowed: (CurvePublicKey) -> Bool
  ) -> [FleetAction] {
    perform(now) { machine in
      for worker in machine.workers.sorted {
        guard let key = machine.workers[worker].peer.publicKey, !isAllowed(key) else { continue }
        if machine.workers[worker].isPresent {
          for lease in machine.workers[worker].leases { machine.handBack(lease, now: now) }
          machine.workers.detach(worker)
          machine.record(
            "worker \(machine.workers[worker].name) is sent away: its key was removed from the allow-list",
            now: now)
        }
        machine.workers[worker].leave(.departed)
      }
    }
  }

  /// Handles a dead or unreachable worker process: its leases go to others, and the prompts it was computing are
  /// suspected.
  mutating func lose(_ worker: WorkerID, _ kind: FailureKind, now: Duration) {
    guard workers[worker].isPresent else { return }
    workers[worker].leave(.lost)
    workers.detach(worker)
    let error =
      kind == .died
      ? "the worker process died" : "nothing heard from the worker for \(settings.deadAfter.milliseconds / 1000) s"
    var executed: [PromptKey] = []
    for lease in workers[worker].leases {
      guard !leases[lease].isReported else {
        handBack(lease, now: now)
        continue
      }
      executed.append(leases[lease].key)
      fail(lease, kind, error, now: now)
    }
    if kind == .silent { workers[worker].suspectForSilence(executed) }
    blameForDeath(worker, executed, now: now)
    record(
      "lost worker \(workers[worker].name): \(error)",
      about: NoteSubject(worker: workers[worker].name, key: workers[worker].peer.publicKey?.text), now: now)
  }

  /// Asks every worker to finish and leave, now or when it says hello. No more leases are granted.
  package mutating func drainFleet(reason: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      machine.drainReason = reason
      for worker in machine.workers.sorted where machine.workers[worker].isPresent {
        machine.drain(worker, reason: reason)
      }
    }
  }

  /// Asks one worker to finish what it can and leave.
  mutating func retire(_ worker: WorkerID, reason: String) {
    guard workers[worker].phase == .present else { return }
    drain(worker, reason: reason)
  }

  private mutating func drain(_ worker: WorkerID, reason: String) {
    workers[worker].drain()
    send(.drain(reason: reason), to: worker)
  }

  /// True if no worker is connected.
  package var isDeserted: Bool { !workers.records.values.contains { $0.isPresent } }
}
