// autointerp
// `LoadRun` makes the specification of a load test's run.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

/// Makes runs for light fleets.
enum LoadRun {
  /// Makes a run of short prompts that alternate between the origins.
  static func specification(prompts: Int, name: String) -> RunSpecification {
    RunSpecification(
      name: name, modelName: LightFleet.model, modelFingerprint: LightFleet.model,
      template: TemplateSpecification(name: "raw"), settings: AttributionSettings(), corpusDigest: "", corpusName: name,
      seed: 0, prompts: (0..<prompts).map { RunPrompt(origin: $0 % 2 == 0 ? .domain : .baseline, text: "prompt \($0)") }
    )
  }
}
