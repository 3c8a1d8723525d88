// autointerp
// Tests that a commit is on the disk when it returns: SQLite flushes its log at each one.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import GRDB
import Testing

@testable import Atlas

@Suite struct SynchronousTests {
  @Test func aCommitWaitsForTheDisk() throws {
    let folder = try TemporaryFolder()
    let atlas = try RunAtlas(folder.path())
    let (journal, synchronous) = try atlas.pool.writeWithoutTransaction { db in
      (try String.fetchOne(db, sql: "PRAGMA journal_mode"), try Int.fetchOne(db, sql: "PRAGMA synchronous"))
    }
    #expect(journal == "wal" && synchronous == 2, "2 is FULL; NORMAL would lose commits with the power")
    try atlas.close()
  }
}
