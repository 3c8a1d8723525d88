// autointerp
// Tests of `LoadedModel.investigate` on planted facts: true hypotheses are confirmed, time and cancellation end it.
// SPDX-License-Identifier: Apache-2.0

internal import AgentTools
internal import Circuits
internal import Foundation
internal import Inference
internal import RunIndex
internal import Synchronization
internal import TestSupport
internal import Testing

@testable import AgentExperiments

@Suite final class InvestigationExperimentTests {
  private let folder: URL
  private let index: RunIndex
  private let model: LoadedModel

  /// A letter for each token of the planted facts.
  private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"

  private static func prompts(seed: UInt64, count: Int) -> [(tokens: [Int32], text: String, isDomain: Bool)] {
    let letters = Array(letters)
    return PlantedFacts.prompts(count: count, seed: seed).map { prompt in
      (prompt.tokens, String(prompt.tokens.map { letters[Int($0)] }), prompt.isDomain)
    }
  }

  private static let unseen = prompts(seed: 2, count: 120).map {
    InvestigationRequest.Prompt(text: $0.text, group: $0.isDomain ? "domain" : "baseline")
  }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "experiment-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let backend = OpenBLASBackend(threadCount: 1)
    let checkpoint = PlantedFacts.checkpoint()
    let path = folder.appending(path: "run.sqlite").path
    try PlantedRun.write(
      to: path, Self.prompts(seed: 1, count: 160),
      transformer: Transformer(checkpoint, backend: backend, storage: .resident), on: backend)
    index = try RunIndex.open(path)
    model = try LoadedModel(
      checkpoint: checkpoint, tokenizer: try LettersModel.tokenizer(Self.letters), storage: .resident, threads: 1,
      run: index.specification)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  @Test func aPlantedNeuronIsWhatItWasPlantedAs() throws {
    let reports = Mutex(0)
    let request = InvestigationRequest(neuron: PlantedFacts.mapper(2), prompts: Self.unseen)
    let found = try model.investigate(
      request, index, ExperimentProgress(report: { _ in reports.withLock { $0 += 1 } }))
    let outcomes = Dictionary(found.findings.map { ($0.kind, $0.outcome) }) { first, _ in first }
    #expect(outcomes["promotes"] == "confirmed" && outcomes["driven_by"] == "confirmed", "\(found)")
    let promotes = try #require(found.findings.first { $0.kind == "promotes" })
    #expect(promotes.statement == "\(PlantedFacts.mapper(2)) promotes \"G\"" && promotes.isCausal)
    #expect(try #require(promotes.effect) > 0.01 && promotes.controls >= 19 && promotes.q <= 0.05)
    #expect(found.unseenPrompts == 120 && found.registerDigest.count == 64 && !found.cautions.isEmpty)
    #expect(reports.withLock { $0 } > 100)
    #expect(try model.investigate(request, index, ExperimentProgress()) == found)
  }

  @Test func promptsOfTheRunAreLeftOut() throws {
    let own = Self.prompts(seed: 1, count: 160).prefix(100).map {
      InvestigationRequest.Prompt(text: $0.text + "k", group: "domain")
    }
    let request = InvestigationRequest(neuron: PlantedFacts.mapper(2), prompts: own)
    #expect {
      _ = try model.investigate(request, index, ExperimentProgress())
    } throws: { "\($0)".contains("of 100 prompts only 0 are new to the run") }
  }

  @Test func nothingIsConcludedFromAPart() throws {
    var request = InvestigationRequest(neuron: PlantedFacts.mapper(2), prompts: Self.unseen)
    #expect {
      _ = try model.investigate(request, index, ExperimentProgress(isCancelled: { true }))
    } throws: { "\($0)".contains("cancelled") }
    request.maximumSeconds = 0
    #expect {
      _ = try model.investigate(request, index, ExperimentProgress())
    } throws: { "\($0)".contains("the 0 s were over") }
  }
}
