// autointerp
// `SimulatedFleet` adds the defects that change what the coordinator gets or says.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

extension SimulatedFleet {
  /// Does what a coordinator would do that mistakes its own pause for silence of its workers.
  mutating func tickThroughPause() throws {
    guard let paused = coordinator?.pausedAt else { return }
    coordinator!.pausedAt = nil
    var time = paused
    while time < now {
      try coordinate { [time] machine, _ in machine.tick(now: .microseconds(time)) }
      time += tickInterval
    }
  }

  /// The lease of the same prompt that a report could be mistaken for, and its holder.
  func liveLease(insteadOf fence: Fence) -> (Fence, PeerID)? {
    let live = coordinator!.machine.liveLeases(of: fence.prompt, run: fence.run)
    guard live.allSatisfy({ $0.fence != fence }), let lease = live.first,
      let peer = workers[SimulatedWorker.number(named: lease.worker)].process?.peer
    else { return nil }
    return (lease.fence, peer)
  }

  /// The fence with a proof for this worker, which a coordinator that proves nothing would see.
  func proven(_ fence: Fence, for peer: PeerID, worker: Int) -> Fence {
    guard isKnown(fence), let face = byzantine?.faces.first(where: { $0.number == worker }) else { return fence }
    return runs[runNumber(fence)].file!.identity.fence(
      run: fence.run, prompt: fence.prompt, attempt: fence.attempt, incarnation: face.incarnation, epoch: fence.epoch,
      for: peer.publicKey)
  }

  /// Adds the sabotage that follows a message.
  mutating func undermine(_ message: CoordinatorMessage, worker: Int, peer: PeerID) throws {
    switch (sabotage, message) {
    case (.leasesTwice, .lease(var lease)):
      let other = workers.first { $0.number != worker && $0.process != nil }
      guard let other, let process = other.process, lease.fence.incarnation != process.incarnation else { return }
      lease.fence.incarnation = process.incarnation
      try checkGrant(lease.fence, to: other.number, at: process.peer)
    case (.leasesToLeavingWorkers, .drain):
      guard let hello = coordinator?.hellos.removeValue(forKey: peer) else { return }
      try coordinate { $0.receive(hello, from: peer, now: $1) }
      try coordinate { $0.receive(.ready(credit: 1), from: peer, now: $1) }
      coordinator?.hellos[peer] = hello
    default:
      break
    }
  }
}
