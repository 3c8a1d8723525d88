// autointerp
// `SimulatedFleet` passes deltas to the coordinator as its shell does, and ignores senders of too many bad ones.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

extension SimulatedFleet {
  /// Decodes and checks the delta, then accepts or rejects it, as the shell does.
  mutating func coordinatorReceives(
    _ report: WorkerMessage.DeltaReport, from peer: PeerID, worker: Int
  ) throws {
    var report = report
    if sabotage == .acceptsForgedFences { report.fence = proven(report.fence, for: peer, worker: worker) }
    let (run, fence) = (runNumber(report.fence), report.fence)
    touchPrompt(of: fence)
    deltaUnderWay = fence
    defer { deltaUnderWay = nil }
    guard isKnown(fence), coordinator!.machine.state(of: fence.run) != nil,
      runs[run].file!.identity.vouches(for: fence, of: peer.publicKey)
    else { return try coordinate { $0.refuse(fence, from: peer, now: $1) } }
    let isOwn = runs[run][fence].map { workers[$0.worker].voice == workers[worker].voice } ?? false
    var delta: CheckedDelta
    do { delta = try CheckedDelta(report, DeltaContract(origin: runs[run].origin(of: fence.prompt))) } catch {
      if isOwn {
        runs[run][fence]?.wasInvalid = true
        runs[run][fence]?.hadMishap = true
      }
      if sabotage == .ignoresInvalidDeltas { return try tell(.acknowledged(fence), to: peer) }
      return try coordinate { $0.reject(fence, error: "invalid: \(error)", from: peer, now: $1) }
    }
    if isOwn { runs[run][fence]?.wasValid = true }
    let (digest, known) = (delta.digest, digestInUse(run: run, prompt: fence.prompt))
    if sabotage == .ignoresDigests, let known { delta.digest = known }
    let (before, uncommitted) = (coordinator!.machine.counters, coordinator!.machine.uncommittedCount)
    try coordinate { [delta] in $0.accept(delta, from: peer, now: $1) }
    try checkComparison(of: digest, with: known, since: before)
    if coordinator!.machine.uncommittedCount > uncommitted {
      coordinator!.accepted[run, default: [:]][fence.prompt] = digest
    }
    if sabotage == .acknowledgesBeforeCommit { try tell(.acknowledged(fence), to: peer) }
  }

  /// The digest of the coordinator's delta for the prompt, on disk or on its way there.
  private func digestInUse(run: Int, prompt: Int32) -> DeltaDigest? {
    if runs[run].isStored(prompt), let stored = runs[run].file?.digests[prompt] { return stored }
    guard coordinator?.machine.phase(of: prompt, run: runs[run].name) == .committing else { return nil }
    return coordinator?.accepted[run]?[prompt]
  }

  /// Counts a frame that no honest peer sends, and ignores the sender of too many.
  mutating func strike(_ peer: PeerID) throws {
    let worker = SimulatedWorker.number(of: peer)
    try checkStrike(worker)
    guard coordinator!.strikes.add(peer.sender, weight: FrameStrikes.deltaWeight, now: clock) else { return }
    trace("nothing more is taken from \(workers[worker].name)")
    count(.ignoredSender)
    coordinator!.ignored[peer.sender] = now + scenario.ignoreTime
    for other in workers where other.voice == workers[worker].voice {
      touch(other.number, until: now + scenario.ignoreTime)
    }
  }
}
