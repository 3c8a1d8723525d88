// autointerp
// Tests that `RunCheck` finds damage in a run's file, and that a repair costs only what was damaged.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import Foundation
import Platform
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(5))) struct RunCheckTests {
  private static let promptCount = 12
  private static let specification = FleetFixture.run("run", prompts: promptCount)

  /// The file of a finished run with results of some tens of kilobytes.
  private static func make(_ directory: String) throws -> String {
    let path = "\(directory)/run.sqlite"
    let atlas = try RunAtlas(path: path, specification: specification, softwareVersion: "test", now: 0)
    var (batch, aggregate) = (AtlasBatch(), EdgeAggregate())
    for prompt in 0..<Int32(promptCount) {
      let delta = delta(prompt)
      try aggregate.merge(delta)
      batch.deltas.append(stored(delta))
    }
    batch.state = .complete
    _ = try atlas.commit(batch)
    try atlas.replaceAggregate(aggregate, now: 1)
    try atlas.close()
    return path
  }

  private static func delta(_ prompt: Int32) -> EdgeDelta {
    .synthetic(prompt: prompt, origin: specification.prompts[Int(prompt)].origin, edgeCount: 2000)
  }

  private static func stored(_ delta: EdgeDelta) -> StoredDelta {
    let payload = delta.payload()
    return StoredDelta(
      prompt: delta.prompt, attempt: 1, worker: "w", incarnation: 1, computeKernel: "k", computeMilliseconds: 1,
      receivedAt: 1, digest: DeltaDigest(of: payload).bytes, payload: payload)
  }

  private static func flip(_ bit: Int, of path: String) throws {
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.seek(toOffset: UInt64(bit / 8))
    let byte = try file.read(upToCount: 1)![0]
    try file.seek(toOffset: UInt64(bit / 8))
    try file.write(contentsOf: [byte ^ (1 << (bit % 8))])
    try file.close()
  }

  /// Computes what is missing in the file again and returns the export.
  private static func complete(_ path: String) throws -> [UInt8] {
    let atlas = try RunAtlas(path: path, specification: specification, softwareVersion: "test", now: 0)
    let done = try atlas.ledger().digests
    var batch = AtlasBatch()
    batch.deltas = (0..<Int32(promptCount)).filter { done[$0] == nil }.map { stored(delta($0)) }
    _ = try atlas.commit(batch)
    let rebuilt = try RebuiltRun(atlas, promptCount: promptCount, run: "run")
    try atlas.close()
    return EdgeStatisticsExport(
      aggregate: rebuilt.aggregate, specification: specification, resultsDigest: rebuilt.digests.text
    ).bytes()
  }

  @Test func anUndamagedFileIsSound() async throws {
    try await withTemporaryDirectory { directory in
      let path = try Self.make(directory)
      let check = try RunCheck(path)
      #expect(check.isSound && check.results == Self.promptCount && check.notes.isEmpty, "\(check)")
      let repair = try RunCheck.repair(path, softwareVersion: "test", now: 2)
      #expect(repair.after == nil)
      #expect(!FileManager.default.fileExists(atPath: repair.kept))
    }
  }

  @Test func oneFlippedBitOfAResultCostsOnePrompt() async throws {
    try await withTemporaryDirectory { directory in
      let path = try Self.make(directory)
      let undisturbed = try Self.complete(path)
      let payload = Data(Self.delta(5).payload()[28_000..<28_064])
      let place = try #require(try Data(contentsOf: URL(filePath: path)).range(of: payload))
      try Self.flip(8 * place.lowerBound + 3, of: path)
      let damaged = try Data(contentsOf: URL(filePath: path))

      let check = try RunCheck(path)
      #expect(check.damagedResults.map(\.prompt) == [5])
      #expect(try Data(contentsOf: URL(filePath: path)) == damaged, "a check only reads")

      let repair = try RunCheck.repair(path, softwareVersion: "test", now: 2)
      #expect(repair.after?.isSound == true && repair.after?.results == Self.promptCount - 1)
      #expect(repair.after?.state == "unfinished" && repair.leftOut.isEmpty)
      #expect(try Data(contentsOf: URL(filePath: repair.kept)) == damaged, "the damaged file is kept as it was")
      #expect(try Self.complete(path) == undisturbed)
    }
  }

  @Test func aFileThatACoordinatorHasIsNotRepaired() async throws {
    try await withTemporaryDirectory { directory in
      let path = try Self.make(directory)
      let atlas = try RunAtlas(existing: path, softwareVersion: "test", now: 0)
      #expect(throws: AtlasError.self) { try RunCheck.repair(path, softwareVersion: "test", now: 2) }
      #expect(try RunCheck(path).isSound, "but it may be checked")
      try atlas.close()
    }
  }

  @Test func tablesThatDoNotFollowFromTheResultsAreFoundAndWrittenAgain() async throws {
    try await withTemporaryDirectory { directory in
      let path = try Self.make(directory)
      let atlas = try RunAtlas(existing: path, softwareVersion: "test", now: 0)
      var other = EdgeAggregate()
      for prompt in 0..<Int32(Self.promptCount) {
        try other.merge(
          .synthetic(prompt: prompt, origin: Self.specification.prompts[Int(prompt)].origin, edgeCount: 60))
      }
      try atlas.replaceAggregate(other, now: 1)
      try atlas.close()
      let check = try RunCheck(path)
      #expect(check.damagedResults.isEmpty)
      #expect(check.problems.contains { $0.contains("table edges") }, "\(check.problems)")
      let repair = try RunCheck.repair(path, softwareVersion: "test", now: 2)
      #expect(repair.after?.isSound == true && repair.after?.results == Self.promptCount)
      #expect(repair.after?.state == "complete")
      // A file without tables would be sound as well, but everybody who asks it would have to wait for a coordinator.
      #expect(repair.after?.notes == [])
      let repaired = try RunAtlas(existing: path, softwareVersion: "test", now: 0)
      #expect(try repaired.ledger().isArchived)
      try repaired.close()
    }
  }

  /// A flip anywhere is harmless, is repaired, or is reported as beyond repair. No flip passes for sound while it changes
  /// the statistics.
  @Test func aFlippedBitAnywhereNeverChangesTheStatistics() async throws {
    try await withTemporaryDirectory { directory in
      let original = try Self.make(directory)
      let undisturbed = try Self.complete(original)
      let bits = 8 * Int(try FileHandle(forReadingFrom: URL(filePath: original)).seekToEnd())
      var random = SeededRandom(seed: 11)
      var (repaired, harmless, beyond, lost) = (0, 0, 0, 0)
      for number in 0..<20 {
        let path = "\(directory)/flipped.sqlite"
        for suffix in ["", ".damaged", "-lock"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        try FileManager.default.copyItem(atPath: original, toPath: path)
        let bit = random.integer(in: 0...bits - 1)
        try Self.flip(bit, of: path)
        do {
          let repair = try RunCheck.repair(path, softwareVersion: "test", now: 2)
          if let after = repair.after {
            repaired += 1
            lost += Self.promptCount - after.results
          } else {
            harmless += 1
          }
          #expect(try Self.complete(path) == undisturbed, "flip \(number) of bit \(bit)")
        } catch {
          beyond += 1
          // Only the first page, with the list of tables, is needed to read anything.
          #expect(bit / 8 < 16384, "flip \(number) of bit \(bit): \(error)")
        }
      }
      #expect(
        repaired > 2 && lost <= 2 * repaired, "\(repaired) repaired with \(lost) lost, \(harmless) harmless, \(beyond)")
    }
  }
}
