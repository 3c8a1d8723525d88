// autointerp
// Tests which failures quarantine a prompt, at the edges of the settings.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import ClusterProtocol
import Testing

@testable import Coordinator

@Suite struct RetryPolicyTests {
  private func failures(_ workers: [String], _ kind: FailureKind) -> [PromptFailure] {
    workers.enumerated().map {
      PromptFailure(worker: $1, sender: nil, incarnation: 1, attempt: Int32($0), kind: kind, error: "e")
    }
  }

  @Test func withALimitOfOneTheFirstFailureDecides() {
    let policy = RetryPolicy(reportsToQuarantine: 2, failuresToQuarantine: 1)
    for others in [OtherOpinions.none, .ofTheSameKeys, .ofOtherKeys] {
      #expect(policy.verdict(failures(["a"], .worker), others: others) == .quarantine)
    }
  }

  @Test func oneVoiceDoesNotDecideWhileOthersCanBeAskedBeforeTheLastResort() {
    let policy = RetryPolicy(reportsToQuarantine: 9, failuresToQuarantine: 2)
    #expect(policy.verdict(failures(["a", "a"], .worker), others: .none) == .quarantine)
    #expect(policy.verdict(failures(["a", "b"], .worker), others: .ofOtherKeys) == .quarantine)
    let last = 2 * RetryPolicy.lastResort
    for count in 2..<last {
      #expect(policy.verdict(failures(Array(repeating: "a", count: count), .worker), others: .ofOtherKeys) == .again)
    }
    #expect(
      policy.verdict(failures(Array(repeating: "a", count: last), .worker), others: .ofOtherKeys) == .quarantine)
  }

  @Test func reportsCountVoicesWhileOthersCanBeAsked() {
    let policy = RetryPolicy(reportsToQuarantine: 2, failuresToQuarantine: 9)
    #expect(policy.verdict(failures(["a", "a"], .prompt), others: .ofOtherKeys) == .again)
    #expect(policy.verdict(failures(["a", "a"], .prompt), others: .none) == .quarantine)
    #expect(policy.verdict(failures(["a", "b"], .prompt), others: .ofOtherKeys) == .quarantine)
    #expect(policy.verdict(failures(["a", "b"], .worker), others: .ofOtherKeys) == .again)
  }

  @Test func aKeyCountsOnceWhileThereAreOthersAndAtEachAddressOtherwise() {
    let policy = RetryPolicy(reportsToQuarantine: 2, failuresToQuarantine: 9)
    let failures = ["10.0.0.1", "10.0.0.2"].map { address in
      PromptFailure(
        worker: address, sender: StoredSender(key: "k", address: address), incarnation: 1, attempt: 1, kind: .prompt,
        error: "e")
    }
    #expect(policy.verdict(failures, others: .ofOtherKeys) == .again)
    #expect(policy.verdict(failures, others: .ofTheSameKeys) == .quarantine)
    #expect(policy.verdict([failures[0], failures[0]], others: .ofTheSameKeys) == .again)
  }

  /// Otherwise a prompt would wait for a second opinion that nobody can give.
  @Test func aWorkerThatIsGoneIsNoPeer() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    fleet.join("gone")
    fleet.say("gone", .goodbye(reason: "done"))
    let lease = fleet.join("here")[0]
    fleet.fail(lease.fence, from: "here", .worker)
    let again = fleet.pull("here")
    #expect(again.map(\.fence.prompt) == [0], "the only worker gets its failed prompt back at once")
  }

  @Test func aWorkerThatIsHereIsAPeer() {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    fleet.join("peer")
    let first = fleet.leases(to: "peer")[0]
    fleet.join("other")
    fleet.fail(first.fence, from: "peer", .worker)
    #expect(fleet.leases(to: "other").map(\.fence.prompt) == [0])
    #expect(fleet.pull("peer").isEmpty)
  }
}
