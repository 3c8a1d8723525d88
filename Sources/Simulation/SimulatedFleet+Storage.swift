// autointerp
// `SimulatedFleet` simulates the coordinator's disk.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Coordinator

extension SimulatedFleet {
  var isDiskFull: Bool { hasFaults && faults.diskFull.contains { $0.contains(phaseTime) } }

  /// Reads the run's file into the machine, unless it is damaged.
  mutating func open(_ run: Int) throws {
    if runs[run].file!.openings > 0 { count(.rebuild) }
    let isLogMissing = runs[run].file!.beginOpening()
    // A retry or discard that was not durable is forgotten, so earlier failures count.
    if runs[run].isReleasing { runs[run].rememberGrants() }
    if isLogMissing, sabotage != .concealsLostLogs {
      let text = "\(runs[run].name): its last coordinator did not close the file, and its log is missing"
      try coordinate { $0.note(error: text, now: $1) }
    }
    try checkLostLog(of: run, isLogMissing: isLogMissing)
    if runs[run].file!.state != .complete {
      guard try readResults(of: run) else { return }
    }
    var stored = runs[run].file!.stored()
    switch sabotage {
    case .constantEpoch: stored.epoch = 1
    case .forgetsDeltas: stored.ledger.digests = [:]
    case .forgetsFailures: stored.ledger.failures = []
    case .forgetsQuarantine: stored.ledger.quarantined = []
    case .forgetsAuthors: stored.ledger.authors = [:]
    case .forgetsDiscards: stored.ledger.voided = [:]
    default: break
    }
    trace("\(runs[run].name) is opened, \(stored.ledger.digests.count) prompts are done")
    try coordinate { [stored] in $0.add(stored, now: $1) }
  }

  mutating func beginWrite(_ writes: [RunWrite], run: Int) throws {
    guard coordinator!.writesUnderWay.updateValue(writes, forKey: run) == nil else {
      throw SimulationFailure.brokenInvariant("two writes of \(runs[run].name) are under way")
    }
    let isSlow = hasFaults && random.chance(faults.slowWrites)
    if isSlow { count(.slowWrite) }
    schedule(
      .writeEnds(generation: coordinatorGeneration, run: run, writes),
      within: isSlow ? 0...faults.longWrite : scenario.commitTime)
  }

  mutating func endWrite(generation: Int, run: Int, _ writes: [RunWrite]) throws {
    guard coordinator?.generation == generation else { return }
    if isDiskFull {
      trace("disk is full")
      count(.fullDisk)
      runs[run].isFailing = true
      if sabotage == .leasesOnFullDisk {
        return schedule(.writeEnds(generation: generation, run: run, writes), after: .seconds(1))
      }
      coordinator!.writesUnderWay[run] = nil
      let name = runs[run].name
      return try coordinate { $0.writeFailed(run: name, error: "disk full", now: $1) }
    }
    coordinator!.writesUnderWay[run] = nil
    guard try canMerge(writes, run: run) else {
      runs[run].isFailing = true
      let name = runs[run].name
      return try coordinate { $0.writeFailed(run: name, error: "its file is damaged", now: $1) }
    }
    try commit(writes, run: run)
    if sabotage == .mergesTwice { try commit(writes, run: run) }
    runs[run].isFailing = false
    trace("disk has \(writes.count) more facts of \(runs[run].name)")
    let name = runs[run].name
    try coordinate { $0.written(run: name, now: $1) }
  }

  /// The results of a finished run are read back before the first new one is written. Returns false if they are damaged.
  private mutating func canMerge(_ writes: [RunWrite], run: Int) throws -> Bool {
    guard !runs[run].file!.isRead, !writes.deltas.isEmpty else { return true }
    return try readResults(of: run)
  }

  /// Commits the transaction of a coordinator that dies. Returns false if its file cannot take it.
  mutating func commitLast(_ writes: [RunWrite], run: Int) throws -> Bool {
    if !runs[run].file!.isRead, !writes.deltas.isEmpty { return false }
    try commit(writes, run: run)
    return true
  }

  /// Commits one transaction.
  mutating func commit(_ writes: [RunWrite], run: Int) throws {
    var writes = writes
    if sabotage == .recordsFailuresTwice {
      for case .failure(let failure) in writes { writes.append(.failure(failure)) }
    }
    if sabotage == .losesLastTransaction { runs[run].fileBefore = runs[run].file }
    for write in writes { try check(write, run: run) }
    try runs[run].file!.commit(writes)
    runs[run].releases -= writes.count { $0 == .release }
  }
}
