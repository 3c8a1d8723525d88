// autointerp
// Tests which failures quarantine a prompt, at the edges of the settings.
// SPDX-License-Identifier: Apache-2.0

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
    for others in [true, false] {
      #expect(policy.verdict(failures(["a"], .worker), othersCanBeAsked: others) == .quarantine)
    }
  }

  @Test func oneVoiceDoesNotDecideWhileOthersCanBeAskedBeforeTheLastResort() {
    let policy = RetryPolicy(reportsToQuarantine: 9, failuresToQuarantine: 2)
    #expect(policy.verdict(failures(["a", "a"], .worker), othersCanBeAsked: false) == .quarantine)
    #expect(policy.verdict(failures(["a", "b"], .worker), othersCanBeAsked: true) == .quarantine)
    let last = 2 * RetryPolicy.lastResort
    for count in 2..<last {
      #expect(policy.verdict(failures(Array(repeating: "a", count: count), .worker), othersCanBeAsked: true) == .again)
    }
    #expect(
      policy.verdict(failures(Array(repeating: "a", count: last), .worker), othersCanBeAsked: true) == .quarantine)
  }

  @Test func reportsCountVoicesWhileOthersCanBeAsked() {
    let policy = RetryPolicy(reportsToQuarantine: 2, failuresToQuarantine: 9)
    #expect(policy.verdict(failures(["a", "a"], .prompt), othersCanBeAsked: true) == .again)
    #expect(policy.verdict(failures(["a", "a"], .prompt), othersCanBeAsked: false) == .quarantine)
    #expect(policy.verdict(failures(["a", "b"], .prompt), othersCanBeAsked: true) == .quarantine)
    #expect(policy.verdict(failures(["a", "b"], .worker), othersCanBeAsked: true) == .again)
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
