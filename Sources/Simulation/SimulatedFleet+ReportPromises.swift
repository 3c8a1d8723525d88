// autointerp
// `SimulatedFleet` checks each report, and each write that follows from one, against what the coordinator promises.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol
internal import Coordinator

extension SimulatedFleet {
  private func broken(_ text: String) -> SimulationFailure { .brokenInvariant(text) }

  /// True if what came of the prompt was discarded after this grant.
  func isVoid(_ fence: Fence) -> Bool {
    let track = runs[runNumber(fence)].tracks[Int(fence.prompt)]
    return track.place(of: fence).map { $0 < track.voidFrom } ?? false
  }

  /// Checks that an acknowledged delta is on disk, unless nobody wants it. What has no lease is acknowledged only to the
  /// Byzantine worker.
  mutating func checkAcknowledgement(_ fence: Fence, to worker: Int) throws {
    guard let grant = grant(fence), workers[grant.worker].voice == workers[worker].voice else {
      if workers[worker].isByzantine { return }
      throw broken("a report without a lease is acknowledged")
    }
    let run = runNumber(fence)
    touched.append((run, fence.prompt))
    if isVoid(fence) { return }
    if runs[run].isStored(fence.prompt) {
      runs[run].tracks[Int(fence.prompt)].isPromised = true
      return
    }
    // It may repeat a result of its former process, of which nothing is taken.
    if workers[worker].isByzantine { return }
    // A failure is acknowledged too. One that was delayed on the way comes after the delta of the same lease.
    guard grant.wasValid, failureUnderWay != fence else { return }
    let state = coordinator!.machine.state(of: fence.run)
    let isWanted = state == .active || state == .queued
    if isWanted, coordinator!.machine.phase(of: fence.prompt, run: fence.run) != .quarantined {
      throw broken("prompt \(fence.prompt) is acknowledged, but not on the disk")
    }
  }

  /// Checks that an honest worker is struck only for an invalid delta, for one whose grant is void, or for one of a run
  /// whose file is refused.
  func checkStrike(_ worker: Int) throws {
    guard !workers[worker].isByzantine else { return }
    guard let fence = deltaUnderWay, let grant = grant(fence),
      grant.wasInvalid || isVoid(fence) || coordinator!.machine.state(of: fence.run) == nil
    else { throw broken("\(workers[worker].name) is struck for nothing") }
  }

  /// Checks that the second of two deltas of a prompt is compared with the first and dropped.
  mutating func checkComparison(
    of digest: DeltaDigest, with known: DeltaDigest?, since before: FleetStatus.Counters
  ) throws {
    let after = coordinator!.machine.counters
    let duplicates = after.deltasDuplicate - before.deltasDuplicate
    let conflicts = after.deltasConflicting - before.deltasConflicting
    if duplicates > 0 { count(.duplicateDelta) }
    if conflicts > 0 { count(.conflictingDelta) }
    guard let known else {
      guard duplicates + conflicts == 0 else { throw broken("a first delta is taken for a second") }
      return
    }
    // Frames of an unknown connection are ignored.
    guard duplicates + conflicts > 0 else { return }
    guard (duplicates, conflicts) == (digest == known ? (1, 0) : (0, 1)) else {
      throw broken("a delta that \(digest == known ? "equals" : "differs from") the one kept is counted as the other")
    }
  }

  /// Checks a write: each failure has a reason, each lease has at most one failure, and there are no more failures than
  /// computations that really failed.
  mutating func check(_ write: RunWrite, run: Int) throws {
    switch write {
    case .delta(let delta, let worker, let sender, _):
      let fence = delta.fence
      touched.append((run, fence.prompt))
      let track = runs[run].tracks[Int(fence.prompt)]
      guard let place = track.place(of: fence) else { throw broken("the delta of prompt \(fence.prompt) has no lease") }
      guard place >= track.durablyVoidFrom else {
        throw broken("prompt \(fence.prompt) gets a result whose grant is void")
      }
      let (author, grantee) = (workers[SimulatedWorker.number(named: worker)], workers[track.grants[place].worker])
      guard author.voice == grantee.voice, author.key?.text == sender?.key else {
        throw broken("prompt \(fence.prompt) gets its result from \(worker), but was granted to \(grantee.name)")
      }
      if deltas.isWrong(delta.digest, run: run, prompt: fence.prompt) {
        guard author.isByzantine else { throw broken("\(worker) is taken for the author of a wrong graph") }
        count(.wrongGraphStored)
      }
      let model = workers[SimulatedWorker.number(named: worker)].model
      guard runs[run].file?.fingerprint ?? model == model else { throw broken("a delta is of another model") }
    case .failure(let failure):
      touched.append((run, failure.prompt))
      try check(failure, run: run)
    case .quarantine(let quarantine):
      touched.append((run, quarantine.prompt))
      try check(quarantine, run: run)
      count(.quarantine)
    case .discard: runs[run].endDiscard()
    case .check, .release, .model, .card, .worker, .order, .state:
      break
    }
  }

  private mutating func check(_ failure: StoredFailure, run: Int) throws {
    var track = runs[run].tracks[Int(failure.prompt)]
    let place = track.grants.lastIndex {
      $0.fence.attempt == failure.attempt && $0.fence.incarnation == failure.incarnation
    }
    guard let place else { throw broken("prompt \(failure.prompt) failed without a lease") }
    track.grants[place].recorded += 1
    let grant = track.grants[place]
    guard workers[grant.worker].name == failure.worker else {
      throw broken("prompt \(failure.prompt) failed on \(failure.worker), but was granted to another")
    }
    guard grant.recorded == 1 else { throw broken("one lease of prompt \(failure.prompt) failed twice") }
    guard hasCause(grant) else {
      throw broken("prompt \(failure.prompt) failed on \(failure.worker) for no reason: \(failure.error)")
    }
    switch FailureKind(rawValue: failure.kind) {
    case .prompt?, .worker?:
      track.recordedReports += 1
      let kind = failure.kind == FailureKind.prompt.rawValue ? WorkerMessage.FailureReport.Kind.prompt : .worker
      guard grant.failures[kind] != nil, track.recordedReports <= track.failedExecutions else {
        throw broken(
          "\(track.recordedReports) failures of prompt \(failure.prompt) are on record, "
            + "but \(track.failedExecutions) executions failed")
      }
    case .invalidDelta?:
      guard grant.wasInvalid else { throw broken("a delta of prompt \(failure.prompt) is called invalid") }
    case .died?, .silent?, .stalled?, .expired?:
      break
    case nil:
      throw broken("prompt \(failure.prompt) failed in an unknown way: \(failure.kind)")
    }
    runs[run].tracks[Int(failure.prompt)] = track
  }

  private func check(_ quarantine: StoredQuarantine, run: Int) throws {
    let track = runs[run].tracks[Int(quarantine.prompt)]
    let failures = quarantine.reason.split(separator: "\n").count
    // A retry on its way is ahead of the disk.
    let grants = track.grants[(runs[run].isReleasing ? 0 : track.countsFrom)...]
    let settings = scenario.settings
    let reported = grants.count { $0.failures[.prompt] != nil }
    guard failures >= settings.failuresToQuarantine || reported >= settings.reportsToQuarantine else {
      throw broken("prompt \(quarantine.prompt) is quarantined after \(failures) failures")
    }
    let mishaps = grants.count { hasCause($0) }
    guard failures <= mishaps else {
      throw broken("prompt \(quarantine.prompt) is quarantined for \(failures) failures, but had \(mishaps)")
    }
  }
}
