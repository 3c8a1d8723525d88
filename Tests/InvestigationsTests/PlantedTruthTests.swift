// autointerp
// Tests investigations on a model whose truth is planted: true hypotheses are confirmed, those of other neurons are not.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import TestSupport
import Testing

@testable import Investigations

@Suite struct PlantedTruthTests {
  let lab: PlantedLab

  init() throws { lab = try PlantedLab() }

  private func outcomes(_ dossier: Dossier) -> [String: Verdict.Outcome] {
    Dictionary(dossier.findings.map { ($0.hypothesis.kind, $0.verdict.outcome) }) { first, _ in first }
  }

  @Test func aDetectorIsWhatItWasPlantedAs() throws {
    let dossier = try #require(try lab.dossiers(lab.gather([PlantedFacts.detector(1)])).first)
    let found = outcomes(dossier)
    #expect(found["detects"] == .confirmed, "\(dossier.text)")
    #expect(found["prefers_group"] == .confirmed, "\(dossier.text)")
    #expect(found["supports_answer"] == .confirmed, "\(dossier.text)")
    #expect(found["drives"] == .confirmed, "\(dossier.text)")
    #expect(dossier.findings.contains { $0.hypothesis.claim == .drives(PlantedFacts.mapper(1)) })
  }

  @Test func aMapperIsWhatItWasPlantedAs() throws {
    let dossier = try #require(try lab.dossiers(lab.gather([PlantedFacts.mapper(2)])).first)
    let found = outcomes(dossier)
    #expect(found["promotes"] == .confirmed, "\(dossier.text)")
    #expect(found["supports_answer"] == .confirmed, "\(dossier.text)")
    #expect(found["driven_by"] == .confirmed, "\(dossier.text)")
    #expect(dossier.findings.contains { $0.hypothesis.claim == .promotes([PlantedFacts.answer(2)]) })
    #expect(dossier.findings.contains { $0.hypothesis.claim == .isDrivenBy(PlantedFacts.detector(2)) })
  }

  @Test func theHypothesesOfAnotherSubjectAreRefuted() throws {
    let gathered = try lab.gather([PlantedFacts.mapper(0), PlantedFacts.mapper(3)])
    var wrong = gathered[0]
    // What is said of the third mapper, tested on the first.
    wrong.hypotheses = gathered[1].hypotheses.filter {
      switch $0.claim {
      case .detects, .promotes, .isDrivenBy: true
      default: false
      }
    }
    try #require(wrong.hypotheses.count >= 2)
    let dossier = try #require(try lab.dossiers([wrong]).first)
    #expect(dossier.findings.allSatisfy { $0.verdict.outcome == .refuted }, "\(dossier.text)")
  }

  @Test func bystandersWithTheProfilesOfPlantedNeuronsAreNotConfirmed() throws {
    let gathered = try lab.gather((0..<4).flatMap { [PlantedFacts.detector($0), PlantedFacts.mapper($0)] })
    let wrong = gathered.enumerated().map { i, planted -> InvestigatedNeuron in
      var wrong = planted
      wrong.neuron = NeuronID(layer: Int(planted.neuron.layer), index: PlantedFacts.firstBystander + 9 * i)
      wrong.reading = Reading(sign: 1, isLast: planted.reading.isLast)
      // All prompts count, because a bystander is active in others.
      wrong.activeLevel = -1
      return wrong
    }
    let findings = try lab.dossiers(wrong).flatMap(\.findings)
    let confirmed = findings.count { $0.verdict.outcome == .confirmed }
    #expect(findings.count >= 30)
    #expect(confirmed <= 1, "\(findings.filter { $0.verdict.outcome == .confirmed }.map(\.figures))")
    #expect(findings.count { $0.verdict.outcome == .refuted } >= findings.count / 2)
  }

  @Test func equalSeedsGiveEqualBytesAndTheRegisterDecidesItsDigest() throws {
    let gathered = try lab.gather([PlantedFacts.detector(0)])
    let (a, b, c) = (
      try lab.dossiers(gathered)[0], try lab.dossiers(gathered)[0], try lab.dossiers(gathered, seed: 1)[0]
    )
    #expect(a.json() == b.json() && a.text == b.text)
    #expect(a.register.digest != c.register.digest)
    var other = gathered
    other[0].hypotheses.removeLast()
    let register = try Investigation(
      other, on: lab.prompts, givenCount: 1, source: PlantedLab.source, runner: lab.runner, seed: 0
    ).registers[0]
    #expect(register.digest != a.register.digest)
  }

  @Test func aPageHasEveryHypothesisAndAPlotForEachThatWasCompared() throws {
    var gathered = try lab.gather([PlantedFacts.detector(1), PlantedFacts.mapper(1)])
    gathered[0].hypotheses[0].basis = "<script>alert(1)</script>"
    let dossiers = try lab.dossiers(gathered)
    let page = String(decoding: DossierPage(dossiers, softwareVersion: "1").html, as: UTF8.self)
    let findings = dossiers.flatMap(\.findings)
    #expect(page.components(separatedBy: "<svg ").count - 1 == findings.count { !$0.measurement.controls.isEmpty })
    #expect(page.components(separatedBy: "class=\"verdict\"").count - 1 == findings.count)
    #expect(dossiers.allSatisfy { page.contains($0.register.digest) })
    #expect(page.contains("&lt;script&gt;alert") && !page.contains("<script>"))
  }

  @Test func tooFewUnseenPromptsAreRefused() throws {
    let gathered = try lab.gather([PlantedFacts.detector(0)])
    #expect(throws: InvestigationError.self) {
      try Investigation(
        gathered, on: Array(lab.prompts.prefix(7)), givenCount: 50, source: PlantedLab.source, runner: lab.runner,
        seed: 0)
    }
  }

  @Test func aNeuronThatNoPromptSelectedIsRefused() throws {
    let all = (0..<224).map { NeuronID(layer: 1, index: $0) }
    let known = Set(try lab.index.knownNeurons(all))
    let unknown = try #require(all.first { !known.contains($0) })
    #expect(throws: InvestigationError.self) { try lab.gather([unknown]) }
  }
}
