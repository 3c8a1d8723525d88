// autointerp
// Tests where calibrations and references are stored, and what is said when there is none that can be used.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import Testing

@testable import Attribution
@testable import autointerp

@Suite struct CalibrationStoreTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "calibrations-\(UUID().uuidString)")

  private func store() -> CalibrationStore {
    CalibrationStore(environment: ["AUTOINTERP_CALIBRATIONS": folder.path])
  }

  private static func calibration(
    _ metric: Metric.Kind, _ template: String, fingerprint: String = "f00d"
  ) -> ModelCalibration {
    let samples = (0..<30).map {
      VerifiedSample(
        layer: $0, isFirstPosition: false, streamShare: 0.01, relp: 1, gradientScore: 1, contribution: 1)
    }
    return ModelCalibration(
      modelName: "tiny", modelFingerprint: fingerprint, metric: metric, template: template, corpusName: "c",
      corpusDigest: "d", promptCount: 3,
      calibrations: [.gradient: TrustCalibration(samples, rule: .gradient)],
      agreement: AgreementTable([samples], layerCount: 30))
  }

  private func reason(_ metric: Metric.Kind, _ template: String) -> String {
    switch store().calibration(fingerprint: "f00d", metric: metric, template: template) {
    case .stored: "stored"
    case .missing(let reason): "missing: \(reason)"
    case .unusable(let reason): "unusable: \(reason)"
    }
  }

  @Test func aCalibrationHoldsForItsModelMetricAndTemplateOnly() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(reason(.logProbability, "chatml") == "missing: uncalibrated; autointerp calibrate measures this model")
    _ = try store().write(Self.calibration(.logProbability, "chatml"))
    #expect(reason(.logProbability, "chatml") == "stored")
    #expect(
      reason(.logProbability, "raw")
        == "missing: uncalibrated for logprob with the template raw (stored: logprob with chatml); autointerp calibrate "
        + "measures it")
    #expect(reason(.contrast, "chatml").contains("uncalibrated for contrast"))
    // A second one is stored beside the first.
    _ = try store().write(Self.calibration(.contrast, "raw"))
    #expect(reason(.logProbability, "chatml") == "stored" && reason(.contrast, "raw") == "stored")
    guard case .missing = store().calibration(fingerprint: "beef", metric: .contrast, template: "raw") else {
      Issue.record("another model has no calibration")
      return
    }
  }

  @Test func aRunQuotesTheCalibrationOfItsModelMetricAndTemplate() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try store().write(Self.calibration(.logProbability, "chatml"))
    var run = RunSpecification(
      name: "r", modelName: "tiny", modelFingerprint: "f00d", template: TemplateSpecification(name: "chatml"),
      settings: AttributionSettings(), corpusDigest: "d", corpusName: "c", seed: 0, prompts: [])
    let quote = try #require(store().quote(for: run))
    #expect(quote.contains("template chatml, metric logprob") && quote.contains("signs 100"))
    // A run's fingerprint also names the card of its tokens, which a calibration does not depend on.
    run.modelFingerprint = "f00d-" + String(repeating: "a1", count: 16)
    #expect(store().quote(for: run) == quote)
    run.template.name = "raw"
    #expect(store().quote(for: run) == nil)
    run.template.name = "chatml"
    run.settings.metric = .contrast(1, 2)
    #expect(store().quote(for: run) == nil)
    run.settings.metric = .logProbability([])
    run.modelFingerprint = nil
    #expect(store().quote(for: run) == nil)
  }

  @Test func filesThatCannotBeUsedAreNamedAndNeverCrash() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try store().write(Self.calibration(.logProbability, "raw"))
    for content in [
      "", "not JSON", "{\"schema\": \"autointerp.calibration/1\", \"model_fingerprint\": \"f00d\"}",
      String(decoding: Self.calibration(.logProbability, "raw", fingerprint: "beef").json(), as: UTF8.self),
      String(decoding: Self.calibration(.contrast, "raw").json(), as: UTF8.self),
    ] {
      try content.write(toFile: path, atomically: true, encoding: .utf8)
      let found = reason(.logProbability, "raw")
      #expect(found.hasPrefix("unusable: uncalibrated, because \(path)"))
      #expect(found.hasSuffix("autointerp calibrate writes it anew"))
    }
  }

  @Test func theFileOfAnEarlierVersionIsExplained() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try "{\"schema\": \"autointerp.calibration/1\"}".write(
      to: folder.appending(path: "f00d.json"), atomically: true, encoding: .utf8)
    #expect(reason(.logProbability, "raw").contains("of an earlier version"))
  }

  @Test func aReferenceIsStoredByTemplateAndItsAbsenceNamesTheCommand() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let reference = ActivationReference(
      modelFingerprint: "f00d", template: "chatml", corpusName: "c", corpusDigest: "d",
      means: ActivationMeans(
        promptCount: 1, laterPositionCount: 2, layerCount: 2, feedForwardDimension: 2, first: [1, 2, 3, 4],
        later: [5, 6, 7, 8]))
    let path = try store().write(reference)
    guard case .stored(let read) = store().reference(fingerprint: "f00d", template: "chatml") else {
      Issue.record("not found")
      return
    }
    #expect(read == reference)
    guard case .missing(let reason) = store().reference(fingerprint: "f00d", template: "raw") else {
      Issue.record("another template's reference was taken")
      return
    }
    #expect(reason.contains("autointerp calibrate --template raw"))
    try Data([1, 2, 3]).write(to: URL(filePath: path))
    guard case .unusable(let damage) = store().reference(fingerprint: "f00d", template: "chatml") else {
      Issue.record("damage was not noticed")
      return
    }
    #expect(damage.contains(path) && damage.contains("autointerp calibrate"))
  }

  @Test func templatesThatAreWrittenOutHaveKindsOfTheirOwn() {
    #expect(CalibrationStore.kind(ofTemplate: "chatml") == "chatml")
    let (a, b) = (CalibrationStore.kind(ofTemplate: "Q: {prompt}"), CalibrationStore.kind(ofTemplate: "Q. {prompt}"))
    #expect(a.hasPrefix("custom-") && b.hasPrefix("custom-") && a != b)
    #expect(!a.contains("/") && !a.contains("."))
  }
}
