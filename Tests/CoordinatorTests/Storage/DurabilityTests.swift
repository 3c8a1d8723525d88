// autointerp
// Tests the order of writes, and that nothing counts before it is on the disk.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import Foundation
import Synchronization
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct DurabilityTests {
  private func write(_ number: Int32) -> RunWrite {
    .quarantine(StoredQuarantine(prompt: number, reason: "r", at: 0))
  }

  @Test func aFailedBatchComesBeforeWhatArrivedMeanwhile() {
    var queue = StorageQueue()
    for number in 0..<3 { queue.append(write(Int32(number))) }
    #expect(queue.nextBatch(limit: 2, now: .zero) == [write(0), write(1)])
    queue.append(write(3))
    queue.failed("disk full", firstPause: .seconds(1), longestPause: .seconds(4), now: .zero)
    #expect(queue.nextBatch(limit: 2, now: .milliseconds(999)) == nil)
    #expect(queue.nextBatch(limit: 2, now: .seconds(1)) == [write(0), write(1)])
    #expect(queue.succeeded() == [write(0), write(1)])
    #expect(queue.nextBatch(limit: 9, now: .seconds(1)) == [write(2), write(3)])
    #expect(queue.durableCount == 2 && queue.appendedCount == 4)
  }

  @Test func pausesGrowToTheirBoundAndEndWithSuccess() {
    var queue = StorageQueue()
    queue.append(write(0))
    for pause in [1, 2, 4, 4] {
      _ = queue.nextBatch(limit: 1, now: .seconds(100))
      queue.failed("disk full", firstPause: .seconds(1), longestPause: .seconds(4), now: .zero)
      #expect(queue.failure?.pause == .seconds(pause))
    }
    _ = queue.nextBatch(limit: 1, now: .seconds(100))
    _ = queue.succeeded()
    #expect(!queue.isFailing)
  }

  private func delta(_ prompt: Int32, in run: RunSpecification) throws -> RunWrite {
    let delta = EdgeDelta.synthetic(prompt: prompt, origin: run.prompts[Int(prompt)].origin)
    let payload = delta.payload()
    return .delta(
      CheckedDelta(
        fence: FleetFixture.fence(prompt: prompt), computeMilliseconds: 1, valid: try ValidDelta(delta),
        payload: payload,
        digest: DeltaDigest(of: payload)), worker: "w", sender: nil, computeKernel: "k")
  }

  @Test func whatIsNotWrittenIsNotMerged() async throws {
    try await withTemporaryDirectory { directory in
      let run = FleetFixture.run()
      let stores = FlakyStores(try RunsDirectory(path: directory))
      let store = try stores.open(run, softwareVersion: "test", now: 0)
      let vault = RunVault(store, specification: run)
      try await vault.perform([try delta(0, in: run)], now: 0)
      stores.isFull.withLock { $0 = true }
      await #expect(throws: AtlasError.self) { try await vault.perform([try delta(1, in: run)], now: 0) }
      #expect(try await vault.snapshot().sortedPrompts().map(\.prompt) == [0])
      stores.isFull.withLock { $0 = false }
      try await vault.perform([try delta(1, in: run)], now: 0)
      #expect(try await vault.snapshot().sortedPrompts().map(\.prompt) == [0, 1])
      try await vault.close()
    }
  }

  /// Otherwise the orders and failures of the same transaction would be written a second time.
  @Test func whatIsWrittenIsNotWrittenAgainBecauseTheStatisticsCannotFollow() async throws {
    struct Unreadable: Error {}
    try await withTemporaryDirectory { directory in
      let run = FleetFixture.run()
      let runs = try RunsDirectory(path: directory)
      let stores = FlakyStores(runs)
      let vault = RunVault(try stores.open(run, softwareVersion: "test", now: 0), specification: run)
      try await vault.perform(try (0..<3).map { try delta($0, in: run) }, now: 0)
      stores.onRead.withLock { $0 = { throw Unreadable() } }
      let order = StoredOrder(at: 1, kind: .discard, detail: "d", key: nil, keyName: "", address: "")
      let written = try await vault.perform(
        [.order(order), .discard([StoredDiscard(prompt: 1, attempt: 1, at: 0)])], now: 0)
      #expect(written.problem != nil)
      // Nothing new is written while the statistics are unknown.
      await #expect(throws: Unreadable.self) { try await vault.perform([try delta(3, in: run)], now: 0) }
      stores.onRead.withLock { $0 = {} }
      #expect(try await vault.perform([try delta(3, in: run)], now: 0).problem == nil)
      #expect(try await vault.snapshot().sortedPrompts().map(\.prompt) == [0, 2, 3])
      try await vault.close()
      #expect(try AtlasReader(path: runs.file(of: "run")).orders() == [order])
    }
  }

  @Test func theAgreementOfACompleteRunIsThatOfAllItsResults() async throws {
    try await withTemporaryDirectory { directory in
      let run = FleetFixture.run(prompts: 44)
      let atlas = try RunAtlas(path: "\(directory)/run.sqlite", specification: run, softwareVersion: "test", now: 0)
      let vault = RunVault(atlas, specification: run)
      // The last prompt is in quarantine, so that the run ends with 43 results.
      for prompt in Int32(0)..<43 { try await vault.perform([try delta(prompt, in: run)], now: 0) }
      #expect(vault.figures.withLock { $0.agreement.prompts } == 42)
      try await vault.perform([write(43), .state(.complete)], now: 0)
      #expect(vault.figures.withLock { $0.agreement.prompts } == 43)
      #expect(vault.figures.withLock { $0.agreement.rows.first?.prompts } == 43)
      try await vault.close()
    }
  }

  @Test func readingBackEndsWhenItIsStopped() async throws {
    try await withTemporaryDirectory { directory in
      let run = FleetFixture.run(prompts: 40)
      let stores = FlakyStores(try RunsDirectory(path: directory))
      let store = try stores.open(run, softwareVersion: "test", now: 0)
      try await RunVault(store, specification: run).perform(try (0..<40).map { try delta($0, in: run) }, now: 0)
      let vault = RunVault(store, specification: run)
      let read = Mutex(0)
      stores.onRead.withLock {
        $0 = {
          read.withLock { $0 += 1 }
          vault.stopLoading()
        }
      }
      await #expect(throws: CancellationError.self) { try await vault.load() }
      // At most one on each of two threads.
      #expect(read.withLock { $0 } <= 2)
      try await vault.close()
    }
  }

  @Test func aResultThatCanBeReadButDoesNotMatchItsDigestIsRefused() async throws {
    try await withTemporaryDirectory { directory in
      let run = FleetFixture.run()
      let atlas = try RunAtlas(path: "\(directory)/run.sqlite", specification: run, softwareVersion: "test", now: 0)
      var batch = AtlasBatch()
      // Another valid delta under the first one's digest, as if its bytes had been changed with care.
      let expected = EdgeDelta.synthetic(prompt: 0, origin: .domain).payload()
      let changed = EdgeDelta.synthetic(prompt: 0, origin: .domain, edgeCount: 60).payload()
      batch.deltas = [
        StoredDelta(
          prompt: 0, attempt: 1, worker: "w", incarnation: 1, computeKernel: "k", computeMilliseconds: 1,
          receivedAt: 0, digest: DeltaDigest(of: expected).bytes, payload: changed)
      ]
      _ = try atlas.commit(batch)
      #expect(throws: CoordinatorError.self) { try RebuiltRun(atlas, promptCount: 4, run: "run") }
    }
  }

  /// The tables of a run whose results were discarded while they were being written.
  @Test func tablesOfOtherResultsThanTheFileHasAreNotWritten() async throws {
    try await withTemporaryDirectory { directory in
      let run = FleetFixture.run()
      let atlas = try RunAtlas(path: "\(directory)/run.sqlite", specification: run, softwareVersion: "test", now: 0)
      let vault = RunVault(atlas, specification: run)
      try await vault.perform(try (0..<4).map { try delta($0, in: run) }, now: 0)
      let (aggregate, resultsDigest) = try await vault.result()
      try await vault.perform([.discard([StoredDiscard(prompt: 2, attempt: 1, at: 0)])], now: 0)
      #expect(try !atlas.store(aggregate, resultsDigest: resultsDigest, now: 0))
      #expect(try !atlas.ledger().isArchived)
      try await vault.perform([try delta(2, in: run)], now: 0)
      #expect(try atlas.store(aggregate, resultsDigest: resultsDigest, now: 0))
      #expect(try atlas.ledger().isArchived)
    }
  }
}
