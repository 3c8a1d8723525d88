// autointerp
// `FlakyStores` stores runs in a folder and, when a test says so, refuses as if the disk were full.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import Coordinator
import Synchronization

/// A runs folder on a disk that is full while `isFull` is true.
final class FlakyStores: RunStores {
  private let directory: RunsDirectory
  let isFull = Mutex(false)
  let refusals = Mutex(0)
  /// What happens before each stored result is read back.
  let onRead = Mutex<@Sendable () throws -> Void>({})

  init(_ directory: RunsDirectory) { self.directory = directory }

  func openAll(softwareVersion: String, now: Int64) throws -> [Result<any RunStore, CoordinatorError>] {
    try directory.openAll(softwareVersion: softwareVersion, now: now).map { result in
      result.flatMap { store in
        // As if there were no room for the row of the new epoch.
        guard !isFull.withLock({ $0 }) else {
          let name = (try? store.specification().name) ?? ""
          try? store.finish()
          return .failure(.unavailable(run: name, reason: "test"))
        }
        return .success(FlakyStore(store, self))
      }
    }
  }

  func openExisting(_ run: String, softwareVersion: String, now: Int64) throws -> any RunStore {
    guard !isFull.withLock({ $0 }) else {
      refusals.withLock { $0 += 1 }
      throw CoordinatorError.unavailable(run: run, reason: "test")
    }
    return FlakyStore(
      try directory.openExisting(run, softwareVersion: softwareVersion, now: now), self)
  }

  func release() { directory.release() }

  func open(_ specification: RunSpecification, softwareVersion: String, now: Int64) throws -> any RunStore {
    FlakyStore(try directory.open(specification, softwareVersion: softwareVersion, now: now), self)
  }
}

/// A store that throws before it writes anything while its disk is full.
private struct FlakyStore: RunStore {
  private let store: any RunStore
  private let disk: FlakyStores

  init(_ store: any RunStore, _ disk: FlakyStores) {
    self.store = store
    self.disk = disk
  }

  private func check() throws {
    guard disk.isFull.withLock({ $0 }) else { return }
    disk.refusals.withLock { $0 += 1 }
    throw AtlasError.diskFull(path: "test")
  }

  var epoch: Int64 { store.epoch }
  var name: String { store.name }
  var identity: RunIdentity { store.identity }
  func specification() throws -> RunSpecification { try store.specification() }
  func ledger() throws -> RunLedger { try store.ledger() }
  func softwareVersion() throws -> String { try store.softwareVersion() }
  func figures() throws -> StoredFigures? { try store.figures() }
  func write(_ batches: [AtlasBatch]) throws -> (outcomes: [DeltaOutcome], times: CommitTimes) {
    try check()
    return try store.write(batches)
  }
  func forEachDelta(in prompts: Range<Int32>, _ body: (StoredDelta) throws -> Void) throws {
    try store.forEachDelta(in: prompts) { delta in
      let onRead = disk.onRead.withLock { $0 }
      try onRead()
      try body(delta)
    }
  }
  func store(_ aggregate: EdgeAggregate, resultsDigest: String, now: Int64) throws -> Bool {
    try store.store(aggregate, resultsDigest: resultsDigest, now: now)
  }
  func finish() throws { try store.finish() }
}
