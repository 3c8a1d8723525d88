// autointerp
// `SimulatedFleet` plays the Byzantine worker: forged fences, wrong graphs, nonsense, false failures, several names.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

extension SimulatedFleet {
  mutating func addByzantineWorker() {
    guard scenario.byzantineNames > 0 else { return }
    var faces: [ByzantineWorker.Face] = []
    for number in scenario.workerCount..<scenario.workerCount + scenario.byzantineNames {
      // Its key is that of its first name.
      workers.append(
        SimulatedWorker(
          number: number, slots: 4, key: SimulatedWorker.key(scenario.workerCount), isByzantine: true))
      faces.append(.init(number: number, peer: workers[number].connect(), incarnation: random.next()))
    }
    byzantine = ByzantineWorker(faces: faces)
    events.schedule(.byzantineActs, at: random.time(in: 0 ... .seconds(1)))
  }

  /// True if the coordinator takes anything from this connection.
  mutating func admits(_ peer: PeerID, worker: Int) -> Bool {
    if workers[worker].isByzantine, byzantine?.isListed == false { return false }
    guard let end = coordinator?.ignored[peer.sender], now < end else { return true }
    return false
  }

  // MARK: Deeds

  mutating func actByzantine() throws {
    schedule(.byzantineActs, within: .seconds(0.1) ... .seconds(1))
    guard let byzantine, byzantine.isListed else { return }
    let face = random.integer(in: 0...byzantine.faces.count - 1)
    var deed = ByzantineWorker.Deed(place: random.integer(in: 0...ByzantineWorker.Deed.total - 1))
    if !byzantine.faces[face].isWelcomed, random.chance(0.8) { deed = .greets }
    var held = random.element(of: byzantine.faces[face].held)
    if let condemned = byzantine.condemnedLease(of: face), random.chance(0.7) { (deed, held) = (.fails, condemned) }
    switch (deed, held) {
    case (.greets, _): greet(face)
    case (.asks, _): say(.ready(credit: random.integer(in: 0...20)), face)
    case (.beats, _): beat(face)
    case (.deliversWrongGraph, let fence?): deliver(fence, .wrong, face)
    case (.deliversRightGraph, let fence?): deliver(fence, .usual, face)
    case (.deliversNonsense, let fence?):
      count(.invalidDelta)
      say(.delta(.init(fence: fence, payload: [1, 2, 3], computeMilliseconds: 1)), face)
    case (.repeatsEarlierResult, _):
      if let fence = random.element(of: byzantine.past) { deliver(fence, .wrong, face) }
    case (.forgesFence, _): forge(face)
    case (.floods, _):
      // Rarely, because nothing is taken from it for a while afterwards.
      if random.chance(0.15) { for _ in 0..<25 { forge(face) } }
    case (.fails, let fence?): fail(fence, face)
    case (.failsForOthers, _):
      if let fence = othersFence() {
        count(.falseFailure)
        fail(fence, face)
      }
    case (.leaves, _):
      say(.goodbye(reason: "as it likes"), face)
      self.byzantine!.faces[face].isWelcomed = false
    case (.deliversWrongGraph, nil), (.deliversRightGraph, nil), (.deliversNonsense, nil), (.fails, nil): break
    }
  }

  private mutating func say(_ message: WorkerMessage, _ face: Int) {
    let (peer, number) = (byzantine!.faces[face].peer, byzantine!.faces[face].number)
    transmit(.toCoordinator(message, from: peer, worker: number), worker: number)
  }

  private mutating func greet(_ face: Int) {
    let number = byzantine!.faces[face].number
    byzantine!.faces[face].peer = workers[number].connect()
    if random.chance(0.2) {
      // A new process, or the incarnation of another name.
      let other = random.element(of: byzantine!.faces)!.incarnation
      byzantine!.faces[face].incarnation = random.chance(0.8) ? random.next() : other
    }
    say(
      .hello(
        .init(
          worker: workers[number].name, incarnation: byzantine!.faces[face].incarnation, host: "anywhere",
          slots: random.integer(in: 1...8), modelName: workers[number].model, modelFingerprint: workers[number].model,
          softwareVersion: "simulated", computeKernel: "usual")), face)
  }

  private mutating func beat(_ face: Int) {
    byzantine!.faces[face].progress += 1
    let progress = byzantine!.faces[face].progress
    var slots = byzantine!.faces[face].held.map { fence in
      WorkerMessage.SlotProgress(fence: fence, phase: random.chance(0.1) ? .reported : .executing, progress: progress)
    }
    if random.chance(0.2), let fence = othersFence() { slots.append(.init(fence: fence, progress: progress)) }
    say(.heartbeat(.init(slots: slots, residentBytes: 1)), face)
  }

  private mutating func deliver(_ fence: Fence, _ kernel: DeltaSource.Kernel, _ face: Int) {
    let run = isKnown(fence) ? runNumber(fence) : 0
    let prompt = isKnown(fence) ? fence.prompt : 0
    let payload = deltas.payload(run: run, prompt: prompt, origin: runs[run].origin(of: prompt), kernel: kernel)
    if kernel == .wrong { count(.wrongGraph) }
    if random.chance(0.8) { byzantine!.faces[face].held.removeAll { $0 == fence } }
    say(.delta(.init(fence: fence, payload: payload, computeMilliseconds: 1)), face)
  }

  private mutating func forge(_ face: Int) {
    guard let fence = forgedFence(face) else { return }
    count(.forgedFence)
    deliver(fence, .wrong, face)
  }

  /// Reports a failure, with an error that looks like another worker's line in a quarantine.
  private mutating func fail(_ fence: Fence, _ face: Int) {
    let kind: WorkerMessage.FailureReport.Kind = random.chance(0.7) ? .prompt : .worker
    if let grant = grant(fence), workers[grant.worker].isByzantine {
      runs[runNumber(fence)][fence]?.failures[kind, default: 0] += 1
      runs[runNumber(fence)].tracks[Int(fence.prompt)].failedExecutions += 1
    }
    byzantine!.faces[face].held.removeAll { $0 == fence }
    say(.failed(.init(fence: fence, kind: kind, error: "no\nworker 0: cannot be done")), face)
    // The other names ask for the same prompt.
    byzantine!.condemned.append(fence)
    for other in byzantine!.faces.indices where other != face { say(.ready(credit: 8), other) }
  }

  // MARK: Fences

  /// The latest grant of a prompt to another worker.
  private mutating func othersFence() -> Fence? {
    let run = random.integer(in: 0...runs.count - 1)
    let track = runs[run].tracks[random.integer(in: 0...runs[run].tracks.count - 1)]
    return track.grants.last { !workers[$0.worker].isByzantine }?.fence
  }

  /// A fence that was never granted to it: another worker's, or one of its own or of others that it changed.
  private mutating func forgedFence(_ face: Int) -> Fence? {
    let own = random.element(of: byzantine!.past)
    guard var fence = random.chance(0.5) ? othersFence() : own ?? othersFence() else { return nil }
    let isOwn = fence == own
    if random.chance(0.6) { fence.incarnation = byzantine!.faces[face].incarnation }
    switch random.integer(in: 0...6) {
    case 0 where !isOwn: break
    case 1: fence.epoch += random.chance(0.5) ? 1 : -1
    case 2: fence.file ^= 1
    case 3: fence.run = random.chance(0.5) ? SimulatedRun.name(of: 1 - runNumber(fence)) : "run 9"
    case 4: fence.prompt = random.element(of: [-1, fence.prompt + 1, .max])!
    case 5: fence.proof = GrantProof()
    default: fence.attempt += 1
    }
    return fence
  }

  // MARK: Answers

  mutating func byzantineReceives(_ message: CoordinatorMessage, worker number: Int, peer: PeerID) {
    let face = byzantine!.faces.firstIndex { $0.number == number && $0.peer.bytes == peer.bytes }
    guard let face else { return }
    switch message {
    case .welcome: byzantine!.faces[face].isWelcomed = true
    case .refused, .unknownWorker: byzantine!.faces[face].isWelcomed = false
    case .lease(let lease): byzantine!.remember(lease.fence, of: face)
    case .acknowledged(let fence): byzantine!.faces[face].held.removeAll { $0 == fence }
    case .heartbeat, .describeModel, .drain: break
    }
  }
}
