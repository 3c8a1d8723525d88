// autointerp
// Tests that results of equal prompts can be copied between runs, and only then.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import Foundation
import Testing

@testable import Coordinator

/// Runs whose results depend on the texts of their prompts alone, as real ones do.
enum TransferFixture {
  /// A run of the prompts with these numbers in their texts. Even ones belong to the domain, unless `flips` is true.
  static func run(_ texts: [Int], name: String = "run", flips: Bool = false) -> RunSpecification {
    var run = FleetFixture.run(name)
    run.prompts = texts.map {
      RunPrompt(origin: ($0 % 2 == 0) != flips ? .domain : .baseline, text: "prompt \($0)", answerPrefix: "A")
    }
    return run
  }

  static func delta(_ run: RunSpecification, _ number: Int) -> EdgeDelta {
    let prompt = run.prompts[number]
    var delta = EdgeDelta.synthetic(prompt: Int32(prompt.text.split(separator: " ")[1])!, origin: prompt.origin)
    delta.prompt = Int32(number)
    return delta
  }

  static func stored(_ delta: EdgeDelta, kernel: String = "Haswell") -> StoredDelta {
    let payload = delta.payload()
    return StoredDelta(
      prompt: delta.prompt, attempt: 3, worker: "w", incarnation: 9,
      sender: StoredSender(key: "key", address: "10.0.0.1"),
      computeKernel: kernel, computeMilliseconds: 5, receivedAt: 7, digest: DeltaDigest(of: payload).bytes,
      payload: payload)
  }

  /// Writes the file of a run with the results of these prompts, changed by `change`.
  static func write(
    _ run: RunSpecification, to path: String, finished: [Int]? = nil, kernel: String = "Haswell",
    change: (inout StoredDelta) -> Void = { _ in }
  ) throws {
    let atlas = try RunAtlas(path: path, specification: run, softwareVersion: "test", now: 0)
    var batch = AtlasBatch()
    batch.workers = [
      StoredWorker(
        name: "w", incarnation: 9, host: "h", slots: 1, modelName: "tiny", modelFingerprint: "model",
        softwareVersion: "test", computeKernel: kernel, firstSeenAt: 1)
    ]
    for number in finished ?? Array(run.prompts.indices) {
      var stored = stored(delta(run, number), kernel: kernel)
      change(&stored)
      batch.deltas.append(stored)
    }
    _ = try atlas.commit(batch)
    try atlas.close()
  }

  /// What an undisturbed run exports.
  static func export(_ run: RunSpecification) throws -> [UInt8] {
    var (aggregate, digests) = (EdgeAggregate(), ResultSetDigest())
    for number in run.prompts.indices {
      let delta = delta(run, number)
      try aggregate.merge(delta)
      digests.add(prompt: delta.prompt, digest: DeltaDigest(of: delta.payload()).bytes)
    }
    return EdgeStatisticsExport(aggregate: aggregate, specification: run, resultsDigest: digests.text).bytes()
  }

  /// What the file of a run exports.
  static func export(_ path: String) throws -> [UInt8] {
    let atlas = try RunAtlas(existing: path, softwareVersion: "test", now: 0)
    let run = atlas.specification()
    let rebuilt = try RebuiltRun(atlas, promptCount: run.prompts.count, run: run.name)
    try atlas.close()
    return EdgeStatisticsExport(
      aggregate: rebuilt.aggregate, specification: run, resultsDigest: rebuilt.digests.text
    ).bytes()
  }
}

@Suite(.timeLimit(.minutes(2))) struct ResultTransferTests {
  private typealias Fixture = TransferFixture

  private func taking<Value>(
    into run: RunSpecification, kernels: Set<String>? = nil, in directory: String,
    _ body: (RunAtlas, inout ResultTransfer) throws -> Value
  ) throws -> Value {
    let atlas = try RunAtlas(path: "\(directory)/new.sqlite", specification: run, softwareVersion: "test", now: 0)
    defer { try? atlas.close() }
    var transfer = try ResultTransfer(to: atlas, kernels: kernels, now: 11)
    return try body(atlas, &transfer)
  }

  @Test func aLongerRunTakesWhatAShorterOneHasAndGivesTheSameBytes() async throws {
    try await withTemporaryDirectory { directory in
      let (old, path) = (Fixture.run([4, 1, 7, 2, 9]), "\(directory)/old.sqlite")
      try Fixture.write(old, to: path, finished: [0, 1, 3, 4])
      // Other numbers, other groups, more prompts.
      let new = Fixture.run([0, 1, 2, 3, 4, 5, 6, 7], flips: true)
      try taking(into: new, in: directory) { atlas, transfer in
        #expect(transfer.openCount == 8)
        #expect(try transfer.take(from: path) == 3)
        #expect(transfer.openCount == 5)
        let ledger = try atlas.ledger()
        #expect(ledger.digests.keys.sorted() == [1, 2, 4])
        #expect(
          ledger.authors[4] == StoredAuthor(worker: "w", key: "key", address: "10.0.0.1", computeKernel: "Haswell"))
        #expect(try transfer.take(from: path) == 0)
        // The rest is computed.
        var batch = AtlasBatch()
        batch.deltas = [0, 3, 5, 6, 7].map { Fixture.stored(Fixture.delta(new, $0)) }
        _ = try atlas.commit(batch)
      }
      #expect(try Fixture.export("\(directory)/new.sqlite") == Fixture.export(new))
      let reader = try AtlasReader(path: "\(directory)/new.sqlite")
      #expect(try reader.workers().map(\.name) == ["w"])
      #expect(try reader.orders().map(\.detail) == ["took over the results of 3 prompts from \(path)"])
    }
  }

  @Test func manyResultsAreTakenInSeveralTransactions() async throws {
    try await withTemporaryDirectory { directory in
      let run = Fixture.run(Array(0..<130))
      try Fixture.write(run, to: "\(directory)/old.sqlite")
      var new = Fixture.run(Array(0..<131).reversed())
      new.name = "new"
      try taking(into: new, in: directory) { _, transfer in
        let taken = try transfer.take(from: "\(directory)/old.sqlite")
        #expect(taken == 130)
        #expect(transfer.openCount == 1)
      }
    }
  }

  @Test func textsThatOnlyLookEqualAreOtherPrompts() async throws {
    try await withTemporaryDirectory { directory in
      var old = Fixture.run([1, 2, 3])
      old.prompts[0].text = "caf\u{E9} 1"
      let delta = EdgeDelta.synthetic(prompt: 0, origin: old.prompts[0].origin)
      let atlas = try RunAtlas(
        path: "\(directory)/old.sqlite", specification: old, softwareVersion: "test", now: 0)
      var batch = AtlasBatch()
      batch.deltas = [Fixture.stored(delta)] + [1, 2].map { Fixture.stored(Fixture.delta(old, $0)) }
      _ = try atlas.commit(batch)
      try atlas.close()
      var new = Fixture.run([1, 2, 3])
      new.prompts[0].text = "cafe\u{301} 1"
      new.prompts[1].answerPrefix = "B"
      new.prompts[2].target = .tokens([" x"])
      try taking(into: new, in: directory) { _, transfer in
        let taken = try transfer.take(from: "\(directory)/old.sqlite")
        #expect(taken == 0)
        #expect(transfer.openCount == 3)
      }
    }
  }

  @Test func resultsOfOtherKernelsStay() async throws {
    try await withTemporaryDirectory { directory in
      let run = Fixture.run([0, 1])
      try Fixture.write(run, to: "\(directory)/old.sqlite", finished: [0], kernel: "Zen")
      try Fixture.write(run, to: "\(directory)/other.sqlite", kernel: "haswell")
      try taking(into: run, kernels: ["HASWELL"], in: directory) { atlas, transfer in
        let others = try transfer.take(from: "\(directory)/old.sqlite")
        let ledger = try atlas.ledger()
        #expect(others == 0 && ledger.digests.isEmpty)
        let taken = try transfer.take(from: "\(directory)/other.sqlite")
        #expect(taken == 2)
      }
    }
  }

  @Test(arguments: ["model", "no model", "template", "settings"])
  func resultsOfOtherMathematicsAreRefused(_ what: String) async throws {
    try await withTemporaryDirectory { directory in
      var old = Fixture.run([0, 1])
      switch what {
      case "model": old.modelFingerprint = "another"
      case "no model": old.modelFingerprint = nil
      case "template": old.template.system = ""
      default: old.settings.edgeThreshold *= 2
      }
      try Fixture.write(old, to: "\(directory)/old.sqlite")
      let error = #expect(throws: AtlasError.self) {
        try taking(into: Fixture.run([0, 1, 2]), in: directory) { _, transfer in
          try transfer.take(from: "\(directory)/old.sqlite")
        }
      }
      #expect("\(try #require(error))".contains("old.sqlite: its results cannot be used"))
    }
  }

  @Test func aDamagedResultIsNotTaken() async throws {
    try await withTemporaryDirectory { directory in
      let run = Fixture.run([0, 1])
      try Fixture.write(run, to: "\(directory)/old.sqlite") { if $0.prompt == 1 { $0.payload[20] ^= 1 } }
      #expect(
        throws: CoordinatorError.damagedDelta(run: "run", prompt: 1, reason: "its bytes do not match their digest")
      ) {
        try taking(into: run, in: directory) { _, transfer in
          try transfer.take(from: "\(directory)/old.sqlite")
        }
      }
    }
  }

  @Test func aRunExtendsAnotherOnlyIfItHasAllItsPromptsAndMore() {
    let run = Fixture.run([0, 1, 2])
    #expect(run.extends(Fixture.run([2, 0], flips: true)))
    #expect(!run.extends(run) && !run.extends(Fixture.run([0, 3])) && !run.extends(Fixture.run([0, 1, 2, 3])))
  }
}
