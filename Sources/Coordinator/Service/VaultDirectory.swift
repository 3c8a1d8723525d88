// autointerp
// `VaultDirectory` holds the open vaults of the coordinator's runs, and the reasons why other runs are not open.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import Platform

/// Each run is open, is being opened, cannot be opened for now, or can never be opened.
struct VaultDirectory: Sendable {
  /// A run whose stored results are being read.
  private struct Rebuilding {
    var specification: RunSpecification
    var finishedPrompts: Int
    var progress: RebuildProgress
    var isCancelled: Bool
  }

  private(set) var open: [String: RunVault] = [:]
  /// Runs whose files found no disk space at the start, with the reason. They are opened as soon as there is space.
  private(set) var unavailable: [String: String] = [:]
  /// Runs whose files could not be opened, by the names of their files.
  private var unusable: [String: ClosedRun] = [:]
  private var rebuilding: [String: Rebuilding] = [:]
  private var openings: Set<String> = []

  /// How many runs have a file and are not open and not about to be.
  var missingCount: Int { unusable.count + unavailable.count }

  /// - Throws: `unknownRun`, or the reason why the run is not open.
  func vault(of run: String) throws(CoordinatorError) -> RunVault {
    guard let vault = open[run] else { throw absence(of: run) }
    return vault
  }

  /// Why there is no open run of this name.
  func absence(of run: String) -> CoordinatorError {
    closedRuns.first { $0.isAbout(run) }.map { .storage(run: run, reason: $0.reason) } ?? .unknownRun(run)
  }

  mutating func add(_ vault: RunVault, of run: String) {
    open[run] = vault
    unusable[run] = nil
    unavailable[run] = nil
    rebuilding[run] = nil
  }

  /// Notes that the run's results are about to be read.
  mutating func setRebuilding(_ run: OpenedRun) {
    rebuilding[run.specification.name] = Rebuilding(
      specification: run.specification, finishedPrompts: run.ledger.digests.count, progress: run.progress,
      isCancelled: run.ledger.state == .cancelled)
  }

  func isRebuilding(_ run: String) -> Bool { rebuilding[run] != nil }

  /// True if the run has a file that is not open, for whatever reason.
  func isClosed(_ run: String) -> Bool {
    isRebuilding(run) || unavailable[run] != nil || unusable.values.contains { $0.isAbout(run) }
  }

  /// What a submission of the run can be answered with before its results are read; nil if it is not being read.
  func rebuildingRun(_ run: String) -> (specification: RunSpecification, finishedPrompts: Int, isCancelled: Bool)? {
    rebuilding[run].map { ($0.specification, $0.finishedPrompts, $0.isCancelled) }
  }

  /// Notes that the file cannot be opened now. Returns true if the reason is new.
  mutating func setUnavailable(_ run: String, reason: String) -> Bool {
    rebuilding[run] = nil
    return unavailable.updateValue(reason, forKey: run) == nil
  }

  /// Notes that the file can never be opened. `name` is that of the file, nil if not even that is known; `run` is the
  /// run in it.
  mutating func setUnusable(_ name: String?, run: String?, reason: String) {
    let name = name ?? reason
    unusable[name] = ClosedRun(name: name, run: run, kind: .unusable, reason: reason)
    unavailable[name] = nil
    rebuilding[name] = nil
  }

  /// Returns false if another task is opening the run.
  mutating func beginOpening(_ run: String) -> Bool { openings.insert(run).inserted }

  mutating func endOpening(_ run: String) {
    openings.remove(run)
    rebuilding[run] = nil
  }

  /// One sentence for each run that waits for disk space.
  var problems: [String] {
    unavailable.sorted { $0.key < $1.key }.map { "\($0.value); run \($0.key) cannot be opened until then" }
  }

  /// All runs that are not open, sorted by name.
  var closedRuns: [ClosedRun] {
    let waiting = unavailable.map { ClosedRun(name: $0.key, kind: .waiting, reason: "\($0.value); it is tried again") }
    let reading = rebuilding.map { name, run in
      ClosedRun(
        name: name, kind: .rebuilding,
        reason: "its stored results are being read: \(run.progress.finished) of \(run.finishedPrompts)")
    }
    return (Array(unusable.values) + waiting + reading).sorted { $0.name < $1.name }.map { run in
      var run = run
      run.reason = run.reason.harmless(maximumBytes: FleetStatus.listedAtMost.bytes)
      return run
    }
  }
}
