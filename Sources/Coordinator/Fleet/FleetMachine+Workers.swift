// autointerp
// Workers come, beat, fall silent and go.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol
package import ClusterTransport

extension FleetMachine {
  /// The worker at `peer`, who is alive as of now; an unknown one is told to introduce itself.
  mutating func hear(from peer: PeerID, now: Duration) -> WorkerNumber? {
    guard let worker = workers.number(at: peer), workers[worker].isPresent else {
      act(.send(.unknownWorker, to: peer))
      return nil
    }
    workers[worker].lastHeard = now
    return worker
  }

  /// `hello`: registers a worker, recognises one that comes back, or refuses it.
  mutating func greet(_ hello: WorkerMessage.Hello, at peer: PeerID, now: Duration) {
    if let reason = refusal(of: hello, at: peer, now: now)?.harmless {
      counters.workersRefused += 1
      if let untold = greetingRefusals.admit(hello.worker.harmless, now: now) {
        let before = untold > 0 ? " (and \(untold) times before)" : ""
        record("refused worker \(hello.worker) on \(hello.host): \(reason)\(before)", now: now)
      }
      return act(.send(.refused(reason: reason), to: peer))
    }
    // The connection may have belonged to a worker of another name; that one is gone then.
    if let former = workers.number(at: peer), workers[former].hello.worker != hello.worker {
      lose(former, .silent, now: now)
    }
    if let worker = workers.number(named: hello.worker) {
      if workers[worker].hello.incarnation == hello.incarnation {
        comeBack(worker, hello, at: peer, now: now)
      } else {
        replace(worker, with: hello, at: peer, now: now)
      }
    } else {
      _ = workers.add(hello, peer: peer, now: now)
    }
    act(
      .send(
        .welcome(
          .init(
            epoch: epoch, heartbeatMilliseconds: settings.heartbeat.milliseconds,
            deadAfterMilliseconds: settings.deadAfter.milliseconds)), to: peer))
    if let drainReason { drain(workers.number(named: hello.worker)!, reason: drainReason) }
    hasNews = true
  }

  private func refusal(of hello: WorkerMessage.Hello, at peer: PeerID, now: Duration) -> String? {
    guard (1...4096).contains(hello.slots) else { return "it has \(hello.slots) slots; 1 to 4096 are possible" }
    guard !hello.worker.isEmpty, hello.worker.utf8.count <= 256 else {
      return "its name is empty or longer than 256 bytes"
    }
    guard hello.worker == hello.worker.harmless else { return "its name has control or format characters" }
    let open = runs.filter(\.isOpen)
    if !open.isEmpty, !open.contains(where: { $0.accepts(hello.modelFingerprint) }) {
      let wanted = Set(open.map { "\($0.specification.modelName) (\($0.fingerprint ?? ""))" }).sorted()
      return
        "its model is \(hello.modelName) (\(hello.modelFingerprint)), wanted is \(wanted.joined(separator: " or "))"
    }
    guard let worker = workers.number(named: hello.worker) else {
      guard workers.count < settings.maximumWorkers else { return "there are \(workers.count) workers already" }
      return nil
    }
    let record = workers[worker]
    // Whoever has one worker's key must not be able to push out another. A name is free again when its worker said
    // goodbye, its key was removed, or it was not heard from for so long that it is forgotten.
    guard record.peer.publicKey == peer.publicKey || record.phase == .departed else {
      return "its name belongs to a worker with another key (on \(record.hello.host))"
    }
    if record.isPresent, record.superseded.contains(hello.incarnation), record.returnsOfSuperseded >= 3,
      now - record.lastHeard < settings.deadAfter
    {
      return "another process named \(hello.worker) (on \(record.hello.host)) is at work; names must differ"
    }
    return nil
  }

  /// The same process is back: after a lost connection, a partition, a stop, or our silence.
  private mutating func comeBack(
    _ worker: WorkerNumber, _ hello: WorkerMessage.Hello, at peer: PeerID, now: Duration
  ) {
    workers.attach(worker, to: peer)
    workers[worker].hello = hello
    workers[worker].lastHeard = now
    workers[worker].credit = 0
    // A worker that was asked to leave and says hello again does not know: it is asked again when it must.
    workers[worker].phase = .present
    for key in workers[worker].silentSuspicions {
      runs[key.run].failures[key.prompt]?.removeAll { $0.kind == .silent && $0.incarnation == hello.incarnation }
      if runs[key.run].failures[key.prompt]?.isEmpty == true { runs[key.run].failures[key.prompt] = nil }
      workers[worker].deaths.remove(key)
    }
    workers[worker].silentSuspicions = []
  }

  /// A new process has the worker's name: the old one is dead.
  private mutating func replace(
    _ worker: WorkerNumber, with hello: WorkerMessage.Hello, at peer: PeerID, now: Duration
  ) {
    if workers[worker].superseded.contains(hello.incarnation) { workers[worker].returnsOfSuperseded += 1 }
    let old = workers[worker].hello.incarnation
    lose(worker, .died, now: now)
    workers.attach(worker, to: peer)
    workers[worker].superseded.append(old)
    workers[worker].superseded.removeAll { $0 == hello.incarnation }
    if workers[worker].superseded.count > 8 { workers[worker].superseded.removeFirst() }
    workers[worker].hello = hello
    workers[worker].phase = .present
    workers[worker].lastHeard = now
    workers[worker].credit = 0
    workers[worker].residentBytes = 0
    // What fell silent before is known to be dead now; the suspicion stays. What the old process failed says nothing
    // about the new one.
    workers[worker].silentSuspicions = []
    workers[worker].blamed = []
    workers[worker].unleased = [:]
  }

  /// `heartbeat`: takes note of progress, sends leases again that the worker does not know of, and answers.
  mutating func heartbeat(_ beat: WorkerMessage.WorkerHeartbeat, worker: WorkerNumber, now: Duration) {
    workers[worker].residentBytes = beat.residentBytes
    var known: Set<LeaseNumber> = []
    for slot in beat.slots {
      guard let run = runNumbers[slot.fence.run], runs[run].has(slot.fence.prompt) else { continue }
      guard let lease = leases.number(of: slot.fence, run: run), leases[lease].worker == worker else {
        if slot.phase == .executing { adopt(slot.fence.prompt, run: run, worker: worker, now: now) }
        continue
      }
      known.insert(lease)
      leases[lease].isReported = slot.phase == .reported
      if slot.progress != leases[lease].progress {
        leases[lease].progress = slot.progress
        leases[lease].progressAt = now
      }
    }
    send(.heartbeat, to: worker)
    watchUnleased(beat, worker: worker, now: now)
    // An earlier wish may have been lost.
    if workers[worker].phase == .draining { send(.drain(reason: drainReason ?? "asked to leave"), to: worker) }
    for lease in workers[worker].leases where !known.contains(lease) {
      // A beat may have crossed the grant; one interval later it has not.
      guard now - leases[lease].sentAt >= settings.heartbeat else { continue }
      leases[lease].sentAt = now
      leases[lease].progressAt = now
      leases[lease].deadline = now + settings.lease
      send(.lease(message(for: leases[lease])), to: worker)
    }
  }

  /// A slot that gets nowhere with something that it has no lease for (any more) is lost until the process is started
  /// anew, and nothing else would notice.
  private mutating func watchUnleased(
    _ beat: WorkerMessage.WorkerHeartbeat, worker: WorkerNumber, now: Duration
  ) {
    var unleased: [Fence: (progress: Int64, since: Duration)] = [:]
    for slot in beat.slots where slot.phase == .executing {
      if let run = runNumbers[slot.fence.run], leases.number(of: slot.fence, run: run) != nil { continue }
      let known = workers[worker].unleased[slot.fence]
      unleased[slot.fence] = known?.progress == slot.progress ? known : (slot.progress, now)
    }
    workers[worker].unleased = unleased
    if let stuck = unleased.first(where: { now - $0.value.since >= settings.progressDeadline }) {
      retire(worker, reason: "no progress on prompt \(stuck.key.prompt); start a new process")
    }
  }

  /// `goodbye`: what the worker holds is handed back, and nothing is suspected.
  mutating func goodbye(_ worker: WorkerNumber, reason: String, now: Duration) {
    for lease in workers[worker].leases { handBack(lease, now: now) }
    workers[worker].phase = .departed
    workers[worker].credit = 0
    workers.detach(workers[worker].peer)
    act(.note("worker \(workers[worker].hello.worker) left: \(reason)"))
  }

  /// Sends workers away whose keys do not get in any more. Their leases go to others, nothing is suspected, and their
  /// names are free.
  package mutating func dismissWorkers(
    now: Duration, unless isAllowed: (CurvePublicKey) -> Bool
  ) -> [FleetAction] {
    perform(now) { machine in
      for worker in machine.workers.sortedNumbers {
        guard let key = machine.workers[worker].peer.publicKey, !isAllowed(key) else { continue }
        if machine.workers[worker].isPresent {
          for lease in machine.workers[worker].leases { machine.handBack(lease, now: now) }
          machine.workers[worker].credit = 0
          machine.workers.detach(machine.workers[worker].peer)
          machine.record(
            "worker \(machine.workers[worker].hello.worker) is sent away: its key was removed from the allow-list",
            now: now)
        }
        machine.workers[worker].phase = .departed
      }
    }
  }

  /// The worker's process is dead or unreachable: its leases go to others, and what it was executing is suspected.
  mutating func lose(_ worker: WorkerNumber, _ kind: FailureKind, now: Duration) {
    guard workers[worker].isPresent else { return }
    let name = workers[worker].hello.worker
    workers[worker].phase = .lost
    workers[worker].credit = 0
    workers.detach(workers[worker].peer)
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
    if kind == .silent { workers[worker].silentSuspicions.formUnion(executed) }
    blameForDeath(worker, executed, now: now)
    record("lost worker \(name): \(error)", now: now)
  }

  /// Asks every worker to finish and leave, now or when it says hello; no more leases are granted.
  package mutating func drainFleet(reason: String, now: Duration) -> [FleetAction] {
    perform(now) { machine in
      machine.drainReason = reason
      for worker in machine.workers.sortedNumbers where machine.workers[worker].isPresent {
        machine.drain(worker, reason: reason)
      }
    }
  }

  /// Asks one worker to finish what it can and leave.
  mutating func retire(_ worker: WorkerNumber, reason: String) {
    guard workers[worker].phase == .present else { return }
    drain(worker, reason: reason)
  }

  private mutating func drain(_ worker: WorkerNumber, reason: String) {
    workers[worker].phase = .draining
    send(.drain(reason: reason), to: worker)
  }

  /// True when no worker is connected.
  package var isDeserted: Bool { !workers.records.values.contains { $0.isPresent } }
}
