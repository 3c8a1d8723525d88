// autointerp
// Tests the file of a model's calibration: that it reads back, and that other files are refused with a reason.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct ModelCalibrationTests {
  static func samples() -> [[VerifiedSample]] {
    (0..<6).map { prompt in
      (0..<8).map { i in
        let score = Float(i) - 3.5
        return VerifiedSample(
          layer: Int32(i), isFirstPosition: i == 0, streamShare: Float(i) / 20, relp: score,
          gradientScore: score, contribution: score * (i % 3 == 0 ? 2 : 1.1) + Float(prompt) / 100)
      }
    }
  }

  static func calibration() -> ModelCalibration {
    ModelCalibration(
      modelName: "tiny", modelFingerprint: "f00d", metric: .logProbability, template: "chatml",
      corpusName: "general.yaml", corpusDigest: "abcd", promptCount: 6,
      calibrations: Dictionary(
        uniqueKeysWithValues: AttributionRule.allCases.map {
          ($0, TrustCalibration(samples().joined(), rule: $0))
        }), agreement: AgreementTable(samples(), layerCount: 8))
  }

  @Test func theFileReadsBack() throws {
    let calibration = Self.calibration()
    let read = try ModelCalibration(json: calibration.json())
    #expect(read.calibrations == calibration.calibrations)
    #expect(read.metric == .logProbability && read.template == "chatml" && read.promptCount == 6)
    let (a, b) = (calibration.agreement, read.agreement)
    #expect(a.rows.map(\.agreement.nodes) == b.rows.map(\.agreement.nodes))
    for (x, y) in zip(a.rows, b.rows) {
      // The file keeps Float32.
      #expect(abs((x.agreement.correlation?.value ?? 9) - (y.agreement.correlation?.value ?? 9)) < 1e-6)
      #expect(abs((x.agreement.withinQuarter?.low ?? 9) - (y.agreement.withinQuarter?.low ?? 9)) < 1e-6)
    }
    #expect(read.quote(.gradient) == calibration.quote(.gradient))
    #expect(read.quote(.gradient)?.hasPrefix("gradient beyond position 0: r 0.9") == true)
    #expect(read.summary == "calibrated on 6 prompts of general.yaml (template chatml, metric logprob)")
  }

  @Test(arguments: [
    ("", "JSON"), ("[1]", "autointerp.calibration/2"),
    ("{\"schema\": \"autointerp.graph/1\"}", "autointerp.calibration/2"),
    ("{\"schema\": \"autointerp.calibration/1\"}", "another version of autointerp wrote it"),
    ("{\"schema\": \"autointerp.calibration/2\", \"trust\": [{}]}", "trust[0]"),
    ("{\"schema\": \"autointerp.calibration/2\"}", "prompts"),
  ]) func otherFilesAreRefusedWithAReason(text: String, reason: String) {
    let error = #expect(throws: CircuitError.self) { try ModelCalibration(json: Array(text.utf8)) }
    #expect("\(error.map { "\($0)" } ?? "")".contains(reason))
  }

  /// No prefix of a file, and no file with a byte changed, may crash the reader.
  @Test func damagedFilesAreRefusedOrReadAsAnotherCalibration() {
    let bytes = Self.calibration().json()
    for end in stride(from: 0, to: bytes.count - 2, by: 97) {
      #expect(throws: CircuitError.self) { try ModelCalibration(json: Array(bytes[..<end])) }
    }
    for place in stride(from: 0, to: bytes.count, by: 41) {
      var damaged = bytes
      damaged[place] ^= 0x15
      if let read = try? ModelCalibration(json: damaged) { #expect(read.calibrations.count <= 2) }
    }
  }
}
