// autointerp
// Tests that the files of several runs can be combined, with the statistics of one run of all prompts.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import Foundation
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct RunMergeTests {
  private typealias Fixture = TransferFixture

  private func read(_ paths: [String], mixed: Bool = false) throws -> RunMerge.Sources {
    try RunMerge.sources(paths, allowsMixedKernels: mixed)
  }

  @Test func theStatisticsAreThoseOfOneRunOfAllPrompts() async throws {
    try await withTemporaryDirectory { directory in
      let paths = ["a", "b"].map { "\(directory)/\($0).sqlite" }
      try Fixture.write(Fixture.run([0, 1, 2, 3], name: "a"), to: paths[0])
      // Two prompts are in both files, and two have no result.
      try Fixture.write(Fixture.run([3, 8, 2, 9, 5, 6], name: "b"), to: paths[1], finished: [0, 1, 2, 4])
      let sources = try read(paths)
      #expect(sources.openPrompts == 2 && sources.kernels == ["Haswell"])
      #expect(sources.runs.map { $0.prompts.map(\.text) }.last == ["prompt 3", "prompt 8", "prompt 2", "prompt 5"])
      let all = Fixture.run([5, 0, 1, 8, 2, 3], name: "all")
      let path = "\(directory)/all.sqlite"
      #expect(try RunMerge.write(all, from: sources, to: path, softwareVersion: "test", now: 5) == [4, 2])
      let check = try RunCheck(path)
      #expect(check.isSound && check.results == 6 && check.state == "complete" && check.notes.isEmpty, "\(check)")
      #expect(try Fixture.export(path) == Fixture.export(all))
    }
  }

  @Test func differentResultsOfOnePromptAreAnErrorAndLeaveNoFile() async throws {
    try await withTemporaryDirectory { directory in
      let paths = ["a", "b"].map { "\(directory)/\($0).sqlite" }
      let run = Fixture.run([0, 1])
      try Fixture.write(run, to: paths[0])
      try Fixture.write(run, to: paths[1]) { stored in
        guard stored.prompt == 1 else { return }
        var delta = Fixture.delta(run, 1)
        delta.graph.edges.flow[0] += 1
        stored = Fixture.stored(delta)
      }
      let sources = try read(paths)
      #expect(throws: CoordinatorError.self) {
        try RunMerge.write(run, from: sources, to: "\(directory)/all.sqlite", softwareVersion: "test", now: 0)
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasPrefix("all") }
      #expect(left.isEmpty)
    }
  }

  @Test func whatCannotBeCombinedIsRefusedWithAReason() async throws {
    try await withTemporaryDirectory { directory in
      let (a, b, c, d) = ("\(directory)/a", "\(directory)/b", "\(directory)/c", "\(directory)/d")
      try Fixture.write(Fixture.run([0]), to: a)
      try Fixture.write(Fixture.run([1]), to: b, kernel: "Zen")
      var other = Fixture.run([2])
      other.modelFingerprint = "another"
      try Fixture.write(other, to: c)
      try Fixture.write(Fixture.run([3]), to: d, finished: [])
      func reason(_ paths: [String]) throws -> String {
        let error = #expect(throws: AtlasError.self) { try read(paths) }
        return "\(try #require(error))"
      }
      #expect(try reason([a, b]).contains("Haswell, Zen"))
      #expect(try read([a, b], mixed: true).kernels == ["Haswell", "Zen"])
      #expect(try reason([a, c]).contains("another model"))
      #expect(try reason([d, d]).contains("no file has a result"))
      let sources = try read([a, d])
      #expect(throws: AtlasError.self) {
        try RunMerge.write(Fixture.run([0]), from: sources, to: b, softwareVersion: "test", now: 0)
      }
      #expect(try RunCheck(b).isSound, "the file that was there is as it was")
    }
  }
}
