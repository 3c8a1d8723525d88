// autointerp
// Tests of `RunIndex.modules`: planted modules of a run's file are found, kept, and searched again when the run has gone on.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Foundation
internal import Knowledge
internal import TestSupport
internal import Testing

@testable import RunIndex

@Suite struct ModulesTests {
  private func atlas(_ run: ModularRun, in folder: RunIndexTests.Folder) throws -> RunAtlas {
    try RunAtlas(path: folder.run, specification: run.specification(), softwareVersion: "1", now: 1000)
  }

  private func index(
    _ run: ModularRun = ModularRun(), changing change: (inout EdgeDelta) -> Void = { _ in }
  ) throws -> (index: RunIndex, folder: RunIndexTests.Folder) {
    let folder = try RunIndexTests.Folder()
    let atlas = try atlas(run, in: folder)
    try SampleRun.merge(
      run.deltas().map { delta in
        var delta = delta
        change(&delta)
        return delta
      }, into: atlas)
    try atlas.close()
    return (try RunIndex.open(folder.run), folder)
  }

  /// The planted members of the module that a neuron is in.
  private static func planted(_ module: Int) -> Set<String> {
    Set((0..<ModularRun.moduleSize).map { "\(ModularRun.neuron(module: module, $0))" })
  }

  @Test func plantedModulesAreFoundWithWhatDrivesThem() throws {
    let (index, folder) = try index()
    let findings = try index.modules()
    withExtendedLifetime(folder) {}
    #expect(findings.believed.count == ModularRun.moduleCount && findings.modules.count == ModularRun.moduleCount)
    for number in 0..<ModularRun.moduleCount {
      let module = try #require(findings.module(named: "\(ModularRun.neuron(module: number, 0))"))
      #expect(Set(module.members.map(\.neuron)) == Self.planted(number))
      // Drivers are in all prompts, so that they are sinks or members of none; what they do more than others is seen.
      #expect(module.drivers.first?.end == "\(ModularRun.driver(ofModule: number))", "\(module.drivers)")
      #expect(module.profileSimilarity > 0.3 && module.isBroad)
      #expect(module.prompts == module.prompts.filter { (0..<160).contains($0) } && module.prompts.count > 20)
    }
    #expect(findings.module(named: "\(ModularRun.others[0])") == nil)
    let star = try #require(try index.star(of: ModularRun.neuron(module: 0, 0)))
    let page = star.page.text(labels: [], modules: ["Module: x"], evidence: ["Where"])
    #expect(page.contains("\n\nModule: x\n\nWhere\n"))
    #expect(findings.prompts == 160 && findings.families == 160 && findings.strata == 2)
  }

  @Test(arguments: 1...10)
  func aRunWithoutStructureHasNone(seed: UInt64) throws {
    var run = ModularRun()
    run.isModular = false
    run.seed = seed
    let (index, folder) = try index(run)
    #expect(try index.modules().believed.isEmpty)
    withExtendedLifetime(folder) {}
  }

  @Test func placesAtPositionZeroDoNotCount() throws {
    let (index, folder) = try index { delta in
      delta.graph.neurons.position = delta.graph.neurons.position.map { _ in 0 }
    }
    let findings = try index.modules()
    #expect(findings.neurons == 0 && findings.modules.isEmpty && findings.motifs == nil)
    withExtendedLifetime(folder) {}
  }

  @Test func findingsAreKeptForTheirStateAndSettings() throws {
    let folder = try RunIndexTests.Folder()
    let run = ModularRun()
    let atlas = try atlas(run, in: folder)
    let deltas = run.deltas()
    try SampleRun.merge(Array(deltas[..<120]), into: atlas)
    let index = try RunIndex.open(folder.run)
    #expect(index.storedModules() == nil)
    let findings = try index.modules()
    #expect(try RunIndex.open(folder.run).storedModules() == findings)
    var settings = ModuleSettings()
    settings.resolution = 3
    #expect(index.storedModules(settings) == nil)
    let file = URL(filePath: index.place + "-modules")
    let bytes = try Data(contentsOf: file)
    try FileManager.default.removeItem(at: file)
    #expect(try RunIndex.open(folder.run).modules() == findings)
    #expect(try Data(contentsOf: file) == bytes)
    try Data("{\"format\":1}".utf8).write(to: file)
    #expect(index.storedModules() == nil)
    #expect(try index.modules() == findings)
    // The run goes on.
    try SampleRun.merge(Array(deltas[120...]), into: atlas)
    let newer = try RunIndex.open(folder.run)
    #expect(newer.storedModules() == nil && index.storedModules() == findings)
    #expect(try newer.modules().prompts == 160)
  }

  @Test func ofTooManyPromptsTheFirstOfEachGroupCount() {
    let groups = Dictionary(uniqueKeysWithValues: (0..<30).map { (Int32($0), $0 % 3 == 0 ? "a" : "b") })
    #expect(RunIndex.chosenPrompts(groups, most: 30) == Array(0..<30))
    #expect(RunIndex.chosenPrompts(groups, most: 6) == [0, 1, 2, 3, 4, 5])
    let blocks = Dictionary(uniqueKeysWithValues: (0..<30).map { (Int32($0), $0 < 10 ? "a" : "b") })
    #expect(RunIndex.chosenPrompts(blocks, most: 6) == [0, 1, 10, 11, 12, 13])
  }

  @Test func nearDuplicatePromptsLinkNothing() throws {
    var run = ModularRun()
    run.promptCount = 120
    var specification = run.specification()
    for place in specification.prompts.indices {
      specification.prompts[place].text = "the same words, number \(place) is"
    }
    let folder = try RunIndexTests.Folder()
    let atlas = try RunAtlas(path: folder.run, specification: specification, softwareVersion: "1", now: 1000)
    try SampleRun.merge(run.deltas(), into: atlas)
    let findings = try RunIndex.open(folder.run).modules()
    #expect(findings.families == 1 && findings.modules.isEmpty && findings.tests > 0)
  }
}
