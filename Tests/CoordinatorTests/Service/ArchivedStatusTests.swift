// autointerp
// Tests what the status port shows of a file that no coordinator has open.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import Platform
import Testing

@testable import Coordinator

@Suite struct ArchivedStatusTests {
  /// The source of a file whose merged prompts have these groups; the run has two more prompts.
  private func source(_ groups: [PromptGroup]) async throws -> (ArchivedStatusSource, EdgeAggregate) {
    try await withTemporaryDirectory { directory in
      var run = FleetFixture.run(prompts: groups.count + 2)
      for (number, group) in groups.enumerated() { run.prompts[number].origin = group }
      let path = "\(directory)/run.sqlite"
      let atlas = try RunAtlas(path: path, specification: run, softwareVersion: "test", now: 0)
      var batch = AtlasBatch()
      for (number, group) in groups.enumerated() {
        let payload = EdgeDelta.synthetic(prompt: Int32(number), origin: group).payload()
        batch.deltas.append(
          StoredDelta(
            prompt: Int32(number), attempt: 1, worker: "w", incarnation: 1, computeKernel: "k", computeMilliseconds: 1,
            receivedAt: 1, digest: DeltaDigest(of: payload).bytes, payload: payload))
      }
      _ = try atlas.commit(batch)
      try atlas.close()
      let archived = try ArchivedRun(path: path)
      return (ArchivedStatusSource(archived, softwareVersion: "test"), archived.aggregate)
    }
  }

  /// A share of the domain that nothing can be compared with says nothing.
  @Test(arguments: [
    ([PromptGroup.domain, .domain], false), ([.baseline, .baseline], false), ([.domain, .baseline], true),
  ])
  func specificityIsToldWhereBothGroupsAre(groups: [PromptGroup], isTold: Bool) async throws {
    let (source, aggregate) = try await source(groups)
    let neuron = try #require(aggregate.sortedNeurons().first)
    let report = try await source.profile(of: neuron, run: "run")
    #expect((report.domainSpecificity != nil) == isTold)
    #expect(report.prompts == aggregate.statistics(of: neuron)?.prompts)
    await #expect(throws: StatusSourceError.unknownRun("other")) { try await source.profile(of: neuron, run: "other") }
  }

  @Test func aFileOfAnUnfinishedRunSaysSo() async throws {
    let status = await (try source([.domain, .baseline])).0.status()
    let run = try #require(status.runs.first)
    #expect(run.done == 2 && run.queued == 2 && run.promptCount == 4 && run.secondsLeft == nil)
    #expect(status.problems.count == 1 && status.problems[0].contains("with 2 of 4 prompts"))
  }
}
