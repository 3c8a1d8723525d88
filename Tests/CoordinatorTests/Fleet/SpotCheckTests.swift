// autointerp
// `SpotCheckTests` tests the spot checks of a run, event by event.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Testing

@testable import Coordinator

@Suite struct SpotCheckTests {
  private static func run(prompts: Int = 1, share: Double = 1) -> RunSpecification {
    var run = FleetFixture.run(prompts: prompts)
    run.spotCheckShare = share
    return run
  }

  private func checks(_ fleet: FleetFixture) throws -> SpotCheckStatus { try #require(fleet.run.spotChecks) }

  private func outcomes(_ fleet: FleetFixture) -> [CheckOutcome] {
    fleet.written.compactMap { if case .check(_, _, _, _, let outcome) = $0 { outcome } else { nil } }
  }

  /// Workers `a` and `b` give different results for the only prompt; `a` is the first.
  private func disputed(runs: [RunSpecification] = [run()]) throws -> FleetFixture {
    var fleet = FleetFixture(runs: runs)
    let first = try #require(fleet.join("a").first)
    fleet.deliver(first.fence, from: "a", says: 1)
    let second = try #require(fleet.join("b").first)
    fleet.deliver(second.fence, from: "b", says: 2)
    return fleet
  }

  @Test func theChoiceFollowsFromSeedAndNumberAlone() {
    let numbers = Int32(0)..<20_000
    func chosen(_ share: Double, _ seed: UInt64) -> Set<Int32> {
      Set(numbers.filter { SpotChecks.chooses($0, share: share, seed: seed) })
    }
    #expect(chosen(1, 0).count == 20_000 && chosen(0, 0).isEmpty)
    let few = chosen(0.05, 7)
    #expect((900...1100).contains(few.count))
    #expect(few.isSubset(of: chosen(0.1, 7)) && few.contains { $0 > 10_000 })
    // The first of the keyed BLAKE2b digests below the share, by another implementation. Every process must choose them.
    #expect(few.sorted().prefix(5) == [24, 34, 39, 74, 129])
    #expect(few.intersection(chosen(0.05, 8)).count < 100, "another seed chooses others")
  }

  @Test func withoutTheOptionNothingIsComputedTwice() throws {
    var fleet = FleetFixture(runs: [FleetFixture.run(prompts: 1)])
    fleet.deliver(try #require(fleet.join("a").first).fence, from: "a")
    #expect(fleet.join("b").isEmpty)
    #expect(fleet.finished == ["run"] && fleet.run.spotChecks == nil)
  }

  @Test func anotherWorkerChecksAndTheRunEndsThen() throws {
    var fleet = FleetFixture(runs: [Self.run()])
    let first = try #require(fleet.join("a").first)
    fleet.deliver(first.fence, from: "a")
    #expect(fleet.pull("a").isEmpty, "nobody checks itself")
    #expect(fleet.finished.isEmpty && fleet.run.done == 1)
    #expect(try checks(fleet).due == 1)
    let second = try #require(fleet.join("b").first)
    #expect(second.fence.prompt == 0 && second.fence != first.fence)
    #expect(try checks(fleet).underWay == 1)
    #expect(try checks(fleet).due == 0)
    fleet.deliver(second.fence, from: "b")
    #expect(fleet.acknowledged(by: "b") == [second.fence])
    let status = try checks(fleet)
    #expect(status.agreed == 1 && status.made == 1 && status.disagreed == 0 && status.computedTwice == 1)
    #expect(status.computeMilliseconds == 1000 && status.underWay == 0 && status.due == 0)
    #expect(outcomes(fleet) == [.agreement] && fleet.storedDeltas == [0])
    #expect(fleet.finished == ["run"] && fleet.run.state == .complete)
    #expect(fleet.machine.counters.deltasMerged == 1 && fleet.machine.counters.deltasConflicting == 0)
  }

  @Test func ordinaryPromptsComeBeforeChecks() throws {
    var fleet = FleetFixture(runs: [Self.run(prompts: 3)])
    fleet.deliver(try #require(fleet.join("a").first).fence, from: "a")
    let prompts = fleet.join("b", slots: 2).map(\.fence.prompt)
    #expect(prompts == [1, 2])
    #expect(try checks(fleet).due == 1)
  }

  @Test(arguments: [1, 2] as [UInt64]) func aThirdWorkerDecidesForEitherSide(third: UInt64) throws {
    var fleet = try disputed()
    var status = try checks(fleet)
    #expect(status.disagreed == 1 && status.undecided == 1 && status.due == 1)
    #expect(fleet.finished.isEmpty && outcomes(fleet) == [.disagreement])
    #expect(fleet.status.recentErrors.last?.text.contains("a and b have different results") == true)
    #expect(fleet.pull("a").isEmpty && fleet.pull("b").isEmpty, "neither judges itself")
    let lease = try #require(fleet.join("c").first)
    fleet.deliver(lease.fence, from: "c", says: third)
    #expect(outcomes(fleet) == [.disagreement, third == 1 ? .agreement : .replacement])
    #expect(fleet.finished == ["run"])
    status = try checks(fleet)
    #expect(status.disagreed == 1 && status.undecided == 0 && status.shortcomings.isEmpty)
    let dispute = try #require(status.disagreements.first)
    #expect(dispute.isDecided)
    let loser = third == 1 ? "b" : "a"
    #expect(dispute.results.filter { !$0.isResult }.map(\.worker) == [loser])
    #expect(dispute.text.contains("\(loser) was outvoted by"))
    #expect(fleet.status.recentErrors.last?.text.contains("agree against \(loser)") == true)
    // What the loser sends again changes nothing.
    fleet.deliver(FleetFixture.fence(prompt: 0), from: loser, says: third == 1 ? 2 : 1)
    #expect(outcomes(fleet).count == 2)
  }

  @Test func afterThreeOpinionsAFourthWorkerIsAsked() throws {
    var fleet = try disputed()
    fleet.deliver(try #require(fleet.join("c").first).fence, from: "c", says: 3)
    #expect(try checks(fleet).undecided == 1 && fleet.finished.isEmpty)
    fleet.deliver(try #require(fleet.join("d").first).fence, from: "d", says: 3)
    #expect(outcomes(fleet).last == .replacement && fleet.finished == ["run"])
  }

  @Test func withoutASecondWorkerTheRunEndsAndSaysSo() throws {
    var fleet = FleetFixture(runs: [Self.run(prompts: 2)])
    for lease in fleet.join("a", slots: 2) { fleet.deliver(lease.fence, from: "a") }
    fleet.wait(.seconds(50), beating: ["a": []])
    #expect(fleet.finished.isEmpty)
    #expect(fleet.machine.idleReasons(now: fleet.now).first?.contains("another key: 2 spot checks are due") == true)
    fleet.wait(.seconds(15), beating: ["a": []])
    #expect(fleet.finished == ["run"])
    #expect(try checks(fleet).unmade == 2)
    #expect(try checks(fleet).shortcomings == ["2 of 2 spot checks could not be made: no second key"])
    #expect(fleet.status.recentErrors.last?.text.contains("no second key") == true)
    #expect(fleet.join("b").isEmpty, "it is over")
  }

  @Test func withoutAThirdWorkerTheFirstResultStaysAndTheStatusSaysSo() throws {
    var fleet = try disputed()
    fleet.wait(.seconds(65), beating: ["a": [], "b": []])
    #expect(fleet.finished == ["run"] && outcomes(fleet) == [.disagreement])
    let status = try checks(fleet)
    #expect(status.undecided == 1 && status.due == 0 && status.shortcomings.first?.contains("no third key") == true)
    let dispute = try #require(status.disagreements.first)
    #expect(!dispute.isDecided && dispute.results.first { $0.isResult }?.worker == "a")
  }

  @Test func theDeathOfACheckersProcessBlamesNobodyAndAnotherChecks() throws {
    var fleet = FleetFixture(runs: [Self.run()])
    fleet.deliver(try #require(fleet.join("a").first).fence, from: "a")
    _ = try #require(fleet.join("b").first)
    fleet.wait(.seconds(25), beating: ["a": []])
    #expect(fleet.worker("b")?.state == .lost)
    #expect(fleet.run.done == 1 && fleet.run.quarantined.isEmpty)
    #expect(try checks(fleet).due == 1 && fleet.finished.isEmpty)
    // Its next process may, and so may another worker.
    fleet.deliver(try #require(fleet.join("b", incarnation: 2).first).fence, from: "b")
    #expect(try checks(fleet).agreed == 1 && fleet.finished == ["run"])
  }

  @Test func aWorkerThatFailsChecksIsAskedNoMoreAndTheRunEnds() throws {
    var fleet = FleetFixture(runs: [Self.run()])
    fleet.deliver(try #require(fleet.join("a").first).fence, from: "a")
    fleet.fail(try #require(fleet.join("b").first).fence, from: "b")
    fleet.fail(try #require(fleet.pull("b").first).fence, from: "b")
    #expect(fleet.pull("b").isEmpty && fleet.run.quarantined.isEmpty)
    fleet.wait(.seconds(65), beating: ["a": [], "b": []])
    #expect(fleet.finished == ["run"])
    #expect(try checks(fleet).unmade == 1)
  }

  @Test func aCheckIsAcknowledgedOnlyWhenItIsOnTheDisk() throws {
    var fleet = FleetFixture(runs: [Self.run()])
    fleet.deliver(try #require(fleet.join("a").first).fence, from: "a")
    let fence = try #require(fleet.join("b").first).fence
    fleet.isDiskHeld = true
    fleet.deliver(fence, from: "b", says: 9)
    fleet.deliver(fence, from: "b", says: 9)
    #expect(fleet.acknowledged(by: "b").isEmpty)
    fleet.releaseDisk()
    #expect(fleet.acknowledged(by: "b") == [fence] && outcomes(fleet) == [.disagreement])
  }

  @Test func aRestartKnowsWhatWasChecked() throws {
    var ledger = RunLedger()
    for prompt in 0..<Int32(3) {
      ledger.digests[prompt] = DeltaDigest(1, 0, 0, 0).bytes
      ledger.authors[prompt] = StoredAuthor(worker: "a", key: nil, computeKernel: "kernel")
      ledger.attempts[prompt] = 2
    }
    func check(_ prompt: Int32, _ value: UInt64) -> StoredDelta {
      StoredDelta(
        prompt: prompt, attempt: 2, worker: "b", incarnation: 1, computeKernel: "kernel", computeMilliseconds: 5,
        receivedAt: 1, digest: DeltaDigest(value, 0, 0, 0).bytes, payload: [])
    }
    ledger.checks = [check(0, 1), check(1, 2)]
    var fleet = FleetFixture()
    fleet.add(Self.run(prompts: 3), ledger: ledger)
    var status = try checks(fleet)
    #expect(status.agreed == 1 && status.undecided == 1 && status.due == 2 && status.computations == 2)
    #expect(fleet.join("b").map(\.fence.prompt) == [2], "it has said what it thinks of the others")
    #expect(fleet.join("c").map(\.fence.prompt) == [1], "disagreements come first")
    // A check that an earlier coordinator granted counts as well.
    var earlier = FleetFixture()
    earlier.add(Self.run(prompts: 3), ledger: ledger)
    earlier.say("d", .hello(FleetFixture.hello("d")))
    earlier.deliver(FleetFixture.fence(prompt: 1, attempt: 3), from: "d", says: 2)
    status = try checks(earlier)
    #expect(status.undecided == 0 && outcomes(earlier) == [.replacement])
    // A run that was complete does not begin again.
    ledger.state = .complete
    var complete = FleetFixture()
    complete.add(Self.run(prompts: 3), ledger: ledger)
    #expect(complete.join("c").isEmpty && complete.run.state == .complete)
    #expect(try checks(complete).unmade == 1)
  }

  @Test func discardTakesBackWhatAKeyOnlyChecked() throws {
    var fleet = try disputed()
    #expect(
      fleet.machine.outcome(ofDiscarding: "run", key: nil, worker: "b")?.outcome == .discarded(prompts: 1))
    fleet.perform(fleet.machine.discard("run", key: nil, worker: "b", now: fleet.now))
    #expect(fleet.run.done == 0)
    let status = try checks(fleet)
    #expect(status.disagreed == 0 && status.computations == 0 && status.computeMilliseconds == 0)
  }

  /// What it said is in no statistics, and the results of those who outvoted it stay.
  @Test func discardLeavesPromptsAloneWhereTheKeyWasOutvoted() throws {
    var fleet = try disputed()
    fleet.deliver(try #require(fleet.join("c").first).fence, from: "c", says: 1)
    #expect(fleet.finished == ["run"])
    let outcome = fleet.machine.outcome(ofDiscarding: "run", key: nil, worker: "b")?.outcome
    #expect(outcome == .discarded(prompts: 0))
    fleet.perform(fleet.machine.discard("run", key: nil, worker: "b", now: fleet.now))
    #expect(try fleet.run.done == 1 && checks(fleet).disagreed == 1)
    let winner = fleet.machine.outcome(ofDiscarding: "run", key: nil, worker: "c")?.outcome
    #expect(winner == .discarded(prompts: 1))
  }

  /// A key that is wrong everywhere is what spot checks are for: each of its prompts must be checked.
  @Test func manyDisagreementsHoldNoCheckUp() throws {
    let count = 200
    var fleet = FleetFixture(runs: [Self.run(prompts: count)])
    var leases = fleet.join("a")
    while let lease = leases.first {
      fleet.deliver(lease.fence, from: "a", says: 1)
      leases = fleet.pull("a")
    }
    #expect(fleet.run.done == count)
    leases = fleet.join("b")
    var made = 0
    while let lease = leases.first {
      made += 1
      fleet.deliver(lease.fence, from: "b", says: 2)
      leases = fleet.pull("b")
    }
    #expect(try made == count && checks(fleet).undecided == count)
    leases = fleet.join("c")
    while let lease = leases.first {
      fleet.deliver(lease.fence, from: "c", says: 2)
      leases = fleet.pull("c")
    }
    #expect(try checks(fleet).undecided == 0 && fleet.finished == ["run"])
  }

  @Test func checksWaitForAWorkerThatIsBusyWithAnotherRun() throws {
    var other = FleetFixture.run("other", prompts: 1)
    other.seed = 5
    var fleet = FleetFixture(runs: [Self.run(), other])
    let first = try #require(fleet.join("a").first)
    let busy = try #require(fleet.join("b").first)
    #expect(first.fence.run == "run" && busy.fence.run == "other")
    fleet.deliver(first.fence, from: "a")
    fleet.wait(.seconds(90), beating: ["a": [], "b": [busy.fence]], progressing: true)
    #expect(try checks(fleet).unmade == 0 && fleet.finished.isEmpty, "the second worker is only busy")
    fleet.deliver(busy.fence, from: "b")
    let check = try #require(fleet.pull("b").first)
    fleet.deliver(check.fence, from: "b")
    #expect(try checks(fleet).agreed == 1 && fleet.finished.contains("run"))
  }

  @Test func aCancelledRunTakesNoChecks() throws {
    var fleet = FleetFixture(runs: [Self.run()])
    fleet.deliver(try #require(fleet.join("a").first).fence, from: "a")
    let fence = try #require(fleet.join("b").first).fence
    fleet.perform(fleet.machine.cancel("run", now: fleet.now))
    fleet.deliver(fence, from: "b", says: 3)
    #expect(outcomes(fleet).isEmpty && fleet.acknowledged(by: "b").contains(fence))
    fleet.perform(fleet.machine.resume("run", now: fleet.now))
    #expect(!fleet.pull("b").isEmpty)
  }
}

/// Who may check, and whose votes count as one.
@Suite struct SpotCheckVoterTests {
  private func author(_ key: String?, at address: String = "1", _ kernel: String = "k") -> StoredAuthor {
    StoredAuthor(worker: "w-\(key ?? "")-\(address)", key: key, address: address, computeKernel: kernel)
  }

  private func digest(_ value: UInt64) -> DeltaDigest { DeltaDigest(value, 0, 0, 0) }

  private func votes(_ all: [(StoredAuthor, UInt64)]) -> SpotCheckVotes {
    var votes = SpotCheckVotes(result: digest(all[0].1), by: all[0].0)
    for (author, value) in all.dropFirst() { votes.add(.init(author: author, digest: digest(value))) }
    return votes
  }

  @Test func oneKeyAtTwoAddressesHasOneVoteAgainstAnother() {
    let stolen = votes([(author("h"), 1), (author("k", at: "2"), 2), (author("k", at: "3"), 2)])
    #expect(stolen.verdict == .undecided, "an honest key cannot be outvoted by one other")
    let two = votes([(author("h"), 1), (author("k", at: "2"), 2), (author("l", at: "3"), 2)])
    #expect(two.verdict == .decided(digest(2)))
    let shared = votes([(author("h"), 1), (author("h", at: "2"), 2), (author("h", at: "3"), 2)])
    #expect(shared.verdict == .decided(digest(2)), "where all have one key, addresses count")
    #expect(shared.opponents(of: digest(2)) == [author("h")])
  }

  @Test func anotherAddressOfAKeyChecksOnlyWhereNobodyHasAnotherKey() {
    let one = votes([(author("h"), 1)])
    #expect(!one.admits(author("h"), isSoleKey: true), "nobody checks itself")
    #expect(!one.admits(author("h", at: "2"), isSoleKey: false) && one.admits(author("h", at: "2"), isSoleKey: true))
    #expect(one.admits(author("k"), isSoleKey: false))
  }

  @Test func aDecidedPromptIsAskedOfNobody() {
    let decided = votes([(author("h"), 1), (author("k"), 2), (author("l"), 2)])
    #expect(!decided.isOpen && !decided.admits(author("m"), isSoleKey: false))
  }

  @Test func anotherKernelChecksNothing() {
    #expect(!votes([(author("h"), 1)]).admits(author("k", at: "2", "other"), isSoleKey: false))
  }

  @Test func twoAgainstTwoIsUndecided() {
    let even = votes([(author("a"), 1), (author("b"), 2), (author("c"), 1), (author("d"), 2)])
    #expect(even.verdict == .undecided && even.isOpen)
    #expect(votes([(author("a"), 1), (author("b"), 2), (author("c"), 3)]).verdict == .undecided)
    #expect(votes([(author("a"), 1), (author("b"), 1)]).verdict == .agreed)
  }
}
