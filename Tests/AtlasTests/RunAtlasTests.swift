// autointerp
// `RunAtlasTests` tests commits, resumed runs and refused writes of `RunAtlas`.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import Foundation
import Testing

@Suite struct RunAtlasTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func whatIsDiscardedIsGoneAndItsGrantsAreVoid() throws {
    let folder = try TemporaryFolder()
    var batch = AtlasBatch()
    var delta = StoredDelta.sample(2)
    delta.sender = StoredSender(key: "K", address: "10.0.0.1")
    batch.deltas = [delta, .sample(3)]
    batch.failures = [.sample(2)]
    batch.state = .complete
    var identity: RunIdentity?
    do {
      let atlas = try RunAtlas(folder.path())
      _ = try atlas.commit(batch)
      #expect(try atlas.ledger().authors[2]?.key == "K")
      var taken = AtlasBatch()
      taken.discarded = [StoredDiscard(prompt: 2, attempt: 9, at: 1)]
      _ = try atlas.commit(taken)
      identity = atlas.identity
    }
    let atlas = try RunAtlas(folder.path())
    #expect(atlas.identity == identity, "the file keeps its identity")
    let ledger = try atlas.ledger()
    #expect(Array(ledger.digests.keys) == [3])
    #expect(ledger.failures.isEmpty && ledger.state == .unfinished)
    #expect(ledger.voided == [2: 9] && ledger.attempts[2] == 9)
    let other = try TemporaryFolder()
    #expect(try RunAtlas(other.path()).identity != identity, "another file of the same run has another")
  }

  @Test func everythingCommittedIsThereAfterReopening() throws {
    var batch = AtlasBatch()
    batch.deltas = [.sample(7, byteCount: 300_000), .sample(2, byteCount: 0)]
    batch.failures = [.sample(3, attempt: 2), .sample(3, attempt: 5, worker: "v")]
    batch.quarantined = [StoredQuarantine(prompt: 3, reason: "failed on v and w", at: 4000)]
    batch.state = .complete
    do {
      let atlas = try RunAtlas(folder.path())
      #expect(atlas.epoch == 1)
      #expect(try atlas.commit(batch) == [.stored, .stored])
    }
    let atlas = try RunAtlas(folder.path())
    #expect(atlas.epoch == 2)
    #expect(atlas.specification() == .small())
    var expected = RunLedger()
    expected.digests = [7: [1, 7], 2: [1, 2]]
    expected.failures = batch.failures
    expected.quarantined = batch.quarantined
    expected.attempts = [7: 8, 2: 3, 3: 5]
    let author = StoredAuthor(worker: "w", key: nil, computeKernel: "Haswell")
    expected.authors = [7: author, 2: author]
    expected.state = .complete
    #expect(try atlas.ledger() == expected)
    #expect(try atlas.deltas(in: 0..<10) == [batch.deltas[1], batch.deltas[0]])
  }

  @Test func aFileAtRestIsClosedAndOpensAgainWithoutANewEpoch() throws {
    func descriptors() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
      }.filter { $0.hasPrefix(folder.path()) && !$0.hasSuffix("-lock") }
    }
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = [.sample(1)]
    _ = try atlas.commit(batch)
    #expect(try !descriptors().isEmpty)
    try atlas.rest()
    try atlas.rest()
    #expect(try descriptors().isEmpty)
    #expect(throws: AtlasError.self, "the lock stays") { try RunAtlas(folder.path()) }
    #expect(try atlas.ledger().digests == [1: [1, 1]])
    batch.deltas = [.sample(2)]
    #expect(try atlas.commit(batch) == [.stored])
    try atlas.close()
    let again = try RunAtlas(folder.path())
    #expect(again.epoch == 2 && again.warning == nil)
  }

  @Test func disjointRangesCoverEveryDeltaOnce() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = (0..<10).map { .sample($0) }
    _ = try atlas.commit(batch)
    let parts = try [0..<3, 3..<4, 4..<10].map { try atlas.deltas(in: $0) }
    #expect(parts.flatMap { $0 } == batch.deltas)
  }

  @Test func aSecondDeltaIsComparedAndDropped() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = [.sample(1), .sample(1), .sample(1, byteCount: 5, digest: 9)]
    #expect(try atlas.commit(batch) == [.stored, .duplicate, .conflicting])
    #expect(try atlas.deltas(in: 0..<10) == [.sample(1)])
  }

  @Test func aBatchWithAnUnknownPromptIsRefusedWhole() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = [.sample(1), .sample(10)]
    #expect(throws: AtlasError.self) { try atlas.commit(batch) }
    #expect(try atlas.ledger() == RunLedger())
  }

  @Test func retryForgetsFailuresOfQuarantinedPromptsOnly() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.failures = [.sample(3), .sample(4)]
    batch.quarantined = [StoredQuarantine(prompt: 3, reason: "r", at: 1)]
    batch.state = .complete
    _ = try atlas.commit(batch)
    var release = AtlasBatch()
    release.releasesQuarantine = true
    _ = try atlas.commit([release, release])
    let ledger = try atlas.ledger()
    #expect(ledger.failures == [.sample(4)])
    #expect(ledger.quarantined.isEmpty)
    #expect(ledger.attempts == [3: 1, 4: 1])
    #expect(ledger.state == .unfinished)
  }

  @Test func aLateDeltaTakesItsPromptOutOfQuarantine() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.quarantined = [StoredQuarantine(prompt: 3, reason: "r", at: 1)]
    _ = try atlas.commit(batch)
    batch = AtlasBatch()
    batch.deltas = [.sample(3)]
    #expect(try atlas.commit(batch) == [.stored])
    #expect(try atlas.ledger().quarantined.isEmpty)
  }

  @Test func aPromptIsNeverDoneAndInQuarantineWhateverTheOrder() throws {
    let atlas = try RunAtlas(folder.path())
    var (quarantine, delta, both) = (AtlasBatch(), AtlasBatch(), AtlasBatch())
    quarantine.quarantined = [StoredQuarantine(prompt: 3, reason: "r", at: 1)]
    delta.deltas = [.sample(3)]
    (both.quarantined, both.deltas) = (quarantine.quarantined, delta.deltas)
    for batches in [[both], [quarantine, delta], [delta, quarantine], [both]] {
      _ = try atlas.commit(batches)
      #expect(try atlas.ledger().quarantined.isEmpty)
    }
    #expect(try atlas.ledger().digests.keys.sorted() == [3])
  }

  @Test func batchesOfOneTransactionAreWrittenTogetherOrNotAtAll() throws {
    let atlas = try RunAtlas(folder.path())
    var (good, bad) = (AtlasBatch(), AtlasBatch())
    good.failures = [.sample(3)]
    bad.deltas = [.sample(10)]
    #expect(throws: AtlasError.self) { try atlas.commit([good, bad]) }
    _ = try atlas.commit([good])
    #expect(try atlas.ledger().failures == [.sample(3)], "a repetition after a failure inserts nothing twice")
  }

  @Test func anErrorOfTheBodyEndsTheReadingAndComesOut() throws {
    struct Stop: Error {}
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = [.sample(1), .sample(2)]
    _ = try atlas.commit(batch)
    var seen: [Int32] = []
    #expect(throws: Stop.self) {
      try atlas.forEachDelta(in: 0..<10) {
        seen.append($0.prompt)
        throw Stop()
      }
    }
    #expect(seen == [1])
  }

  @Test func theFirstCardIsKept() throws {
    let atlas = try RunAtlas(folder.path())
    for card in [[1, 2, 3], [4, 5]] as [[UInt8]] {
      var batch = AtlasBatch()
      batch.modelCard = card
      _ = try atlas.commit(batch)
    }
    #expect(try atlas.ledger().modelCard == [1, 2, 3])
  }

  /// Equal results of other prompts are another set.
  @Test func theDigestOfASetOfResultsDependsOnPromptsAndResults() {
    let sets: [[Int32: [UInt8]]] = [
      [:], [1: [7]], [2: [7]], [1: [8]], [1: [7], 2: [7]], [1: [7], 2: [8]], [1: [8], 2: [7]],
    ]
    #expect(Set(sets.map { ResultSetDigest($0).text }).count == sets.count)
    var built = ResultSetDigest()
    for (prompt, digest) in [(2, [8]), (1, [7])] as [(Int32, [UInt8])] { built.add(prompt: prompt, digest: digest) }
    #expect(built.text == ResultSetDigest([1: [7], 2: [8]]).text)
  }

  @Test func theFirstModelIsKept() throws {
    var specification = RunSpecification.small()
    specification.modelFingerprint = nil
    let atlas = try RunAtlas(folder.path(), specification)
    for fingerprint in ["beef", "beef"] {
      var batch = AtlasBatch()
      batch.modelFingerprint = fingerprint
      _ = try atlas.commit(batch)
    }
    var other = AtlasBatch()
    other.modelFingerprint = "dead"
    #expect(throws: AtlasError.self) { try atlas.commit(other) }
    #expect(atlas.specification().modelFingerprint == "beef")
  }
}

extension RunAtlas {
  func deltas(in prompts: Range<Int32>) throws -> [StoredDelta] {
    var deltas: [StoredDelta] = []
    try forEachDelta(in: prompts) { deltas.append($0) }
    return deltas
  }
}
