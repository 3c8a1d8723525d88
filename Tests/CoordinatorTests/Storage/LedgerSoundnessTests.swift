// autointerp
// Tests that a ledger with one entry that cannot be is not believed.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Testing

@testable import Coordinator

@Suite struct LedgerSoundnessTests {
  private static let digest = [UInt8](repeating: 1, count: 32)

  private static func failure(_ prompt: Int32) -> StoredFailure {
    StoredFailure(prompt: prompt, attempt: 1, worker: "w", incarnation: 1, kind: "prompt", error: "e", at: 1)
  }

  private static func check(_ prompt: Int32, digest: [UInt8] = digest) -> StoredDelta {
    StoredDelta(
      prompt: prompt, attempt: 1, worker: "w", incarnation: 1, computeKernel: "k", computeMilliseconds: 1,
      receivedAt: 1, digest: digest, payload: [])
  }

  private static var sound: RunLedger {
    var ledger = RunLedger()
    ledger.digests = [0: digest, 3: digest]
    ledger.attempts = [0: 0, 1: 7]
    ledger.failures = [failure(2)]
    ledger.checks = [check(3)]
    ledger.quarantined = [StoredQuarantine(prompt: 1, reason: "r", at: 1)]
    return ledger
  }

  @Test func oneEntryOfAPromptThatDoesNotExistIsEnough() {
    #expect(Self.sound.isSound(promptCount: 4) && !Self.sound.isSound(promptCount: 3))
    let changes: [(String, (inout RunLedger) -> Void)] = [
      ("digest's prompt", { $0.digests[4] = Self.digest }), ("digest's length", { $0.digests[0] = [1, 2] }),
      ("attempt's prompt", { $0.attempts[-1] = 1 }), ("attempt below 0", { $0.attempts[0] = -1 }),
      ("attempt without a successor", { $0.attempts[0] = .max }),
      ("check's prompt", { $0.checks.append(Self.check(4)) }),
      ("check's digest", { $0.checks.append(Self.check(3, digest: [])) }),
      ("failure", { $0.failures.append(Self.failure(4)) }),
      ("quarantine", { $0.quarantined.append(StoredQuarantine(prompt: -1, reason: "r", at: 1)) }),
    ]
    for (name, change) in changes {
      var ledger = Self.sound
      change(&ledger)
      #expect(!ledger.isSound(promptCount: 4), "\(name)")
    }
  }
}
