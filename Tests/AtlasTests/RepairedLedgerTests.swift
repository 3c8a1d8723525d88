// autointerp
// Tests that a repaired file lists each prompt once: as done, as failed or in quarantine.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Testing

@testable import Atlas

@Suite struct RepairedLedgerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Prompts 0 to 4 are done and 7 is in quarantine. Earlier versions could also leave a quarantine of a prompt that is done,
  /// and a flipped bit may name a prompt that the run does not have.
  @Test func aQuarantineOfAPromptThatIsDoneOrDoesNotExistIsDropped() throws {
    let atlas = try RunAtlas(folder.path())
    var batch = AtlasBatch()
    batch.deltas = (0..<5).map { .sample($0) }
    batch.failures = [.sample(7)]
    batch.quarantined = [StoredQuarantine(prompt: 7, reason: "it failed", at: 1)]
    _ = try atlas.commit(batch)
    try atlas.close()
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(path: folder.path(), configuration: configuration)
    try queue.write { db in
      try db.execute(sql: "INSERT INTO quarantine (prompt, reason, at) VALUES (3, 'old', 1), (40, 'none', 1)")
      try db.execute(sql: "INSERT INTO discards (prompt, attempt, at) VALUES (2, 1, 1), (41, 1, 1)")
    }
    try queue.close()

    do {
      let salvage = try AtlasSalvage(folder.path())
      let reader = try AtlasReader(path: folder.path())
      _ = try salvage.copy(reader, reader.inspect { .sound(prompt: $0.prompt) })
      try salvage.replace()
    }
    let repaired = try RunAtlas(existing: folder.path(), softwareVersion: "1", now: 0)
    let ledger = try repaired.ledger()
    #expect(ledger.quarantined.map(\.prompt) == [7])
    #expect(ledger.digests.keys.sorted() == [0, 1, 2, 3, 4])
    #expect(ledger.voided == [2: 1])
    try repaired.close()
  }
}
