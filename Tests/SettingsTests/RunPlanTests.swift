// autointerp
// `RunPlanTests` tests that `RunPlan` makes a run's specification from files and settings.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import Testing

@testable import Settings

@Suite struct RunPlanTests {
  let folder = FileManager.default.temporaryDirectory.appending(path: "plan-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let lines = { (what: String) in (0..<9).map { "\(what) sentence number \($0) is here." }.joined(separator: "\n") }
    try Data(lines("A domain").utf8).write(to: folder.appending(path: "My Corpus.txt"))
    try Data((lines("A baseline") + "\nshort\n").utf8).write(to: folder.appending(path: "base.txt"))
  }

  private func plan(_ change: (inout ClusterConfiguration) -> Void = { _ in }) throws -> RunPlan {
    var configuration = ClusterConfiguration()
    configuration.run.limit = 4
    configuration.model.path = "/models/Some Model.gguf"
    change(&configuration)
    return try RunPlan(
      promptFiles: [folder.appending(path: "My Corpus.txt").path],
      baselineFiles: [folder.appending(path: "base.txt").path], configuration: configuration, metric: nil, model: nil)
  }

  @Test func spotChecksChangeNeitherNameNorPrompts() throws {
    let (without, with) = (try plan().specification, try plan { $0.run.spotCheck = 0.5 }.specification)
    #expect(with.spotCheckShare == 0.5 && without.spotCheckShare == 0)
    #expect(with.name == without.name && with.prompts == without.prompts)
  }

  @Test func runsMergeIntoTheRunOfAllTheirPrompts() throws {
    let whole = try plan { $0.run.limit = 0 }.specification
    var (a, b) = (whole, whole)
    a.prompts = Array(whole.prompts[..<11])
    b.prompts = Array(whole.prompts[7...].reversed())
    (b.seed, b.corpusName) = (3, "Another")
    b.prompts[0].target = .contrast(" a", " b")
    let merged = RunPlan.merging([a, b])
    #expect(merged == RunPlan.merging([b, a]))
    #expect(merged.prompts.count == whole.prompts.count)
    #expect(Set(merged.prompts) == Set(a.prompts + b.prompts))
    #expect(merged.seed == 0 && merged.corpusName == "Another+My Corpus")
    #expect(merged.settings == whole.settings && merged.template == whole.template)
    #expect(merged.name == RunName.make(for: merged) && merged.name != whole.name)
    #expect(RunPlan.merging([a, b], name: "x").name == "x")
    // The digest is that of the prompts.
    #expect(RunPlan.merging([merged, merged]).corpusDigest == merged.corpusDigest)
    #expect(RunPlan.merging([a]).corpusDigest != merged.corpusDigest)
  }

  @Test func filesAndSettingsBecomeTheSpecification() throws {
    let plan = try plan {
      $0.attribution.tau = 0.25
      $0.template.system = ""
      $0.run.seed = 9
    }
    let specification = plan.specification
    #expect(specification.prompts.count == 4)
    #expect(specification.prompts.count { $0.origin == .domain && $0.text.hasPrefix("A domain") } == 2)
    #expect(specification.prompts.count { $0.origin == .baseline && $0.text.hasPrefix("A baseline") } == 2)
    #expect(specification.settings.tau == 0.25)
    #expect(specification.template == TemplateSpecification(name: "raw", system: ""))
    #expect(specification.seed == 9)
    #expect(specification.modelName == "Some Model")
    #expect(specification.modelFingerprint == nil)
    #expect(specification.name.wholeMatch(of: #/my-corpus-some-model-[0-9a-f]{12}/#) != nil)
    #expect(plan.notes.count == 3)
    #expect(plan.notes[0].contains("20 to 200 characters"))
    #expect(plan.notes[1].hasPrefix("domain: 2 prompts of 7.0 words"))
  }

  /// A client without the model must name it as workers do, which have it.
  @Test(arguments: [
    ("/m/SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct"), ("/hub/SmolLM2-135M/", "SmolLM2-135M"),
    ("/m/Q/model.safetensors.index.json", "Q"),
  ]) func aModelThatIsNotHereIsNamedByItsPath(path: String, name: String) throws {
    #expect(try plan { $0.model.path = path }.specification.modelName == name)
  }

  @Test func settingsThatKeepEveryEdgeAreToldOfInAdvance() throws {
    #expect(try !plan { $0.attribution.edgeThreshold = 0 }.notes.contains { $0.contains("every edge is kept") })
    let notes = try plan { ($0.attribution.edgeThreshold, $0.attribution.maximumNodeCount) = (0, 0) }.notes
    #expect(notes.contains { $0.contains("every edge is kept") && $0.contains("8 MiB") })
  }

  @Test func equalPlansHaveOneNameAndOthersAnother() throws {
    let name = try plan().specification.name
    #expect(try plan().specification.name == name)
    let others = try [
      plan { $0.run.seed = 1 }, plan { $0.run.limit = 6 }, plan { $0.attribution.tau = 0 },
      plan { $0.attribution.edgeThreshold = 0 }, plan { $0.attribution.maximumNodeCount = 1 },
      plan { $0.attribution.topLogitCount = 1 }, plan { $0.attribution.position = 0 },
      plan { $0.attribution.maximumSweepRows = 64 }, plan { $0.template.name = "chatml" },
      plan { $0.template.system = "" }, plan { $0.model.path = "other.gguf" },
    ].map(\.specification.name)
    #expect(Set(others + [name]).count == others.count + 1)
  }

  @Test(arguments: [
    ("Medical", "medical"), ("../etc/passwd", "etc-passwd"), ("", "x"), ("...", "x"),
    ("SmolLM2 135M v1.0", "smollm2-135m-v1.0"),
    ("日本", "x"), (String(repeating: "a", count: 100), String(repeating: "a", count: 40)),
  ])
  func namesAreUsableAsFileNames(text: String, slug: String) {
    #expect(RunName.slug(text) == slug)
  }
}
