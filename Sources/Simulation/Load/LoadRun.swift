// autointerp
// The run of a load test.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// Runs for light fleets.
package enum LoadRun {
  /// A run of short prompts, alternating between the origins.
  package static func specification(prompts: Int, name: String) -> RunSpecification {
    RunSpecification(
      name: name, modelName: LightFleet.model, modelFingerprint: LightFleet.model,
      template: TemplateSpecification(name: "raw"), settings: AttributionSettings(), corpusDigest: "", corpusName: name,
      seed: 0, prompts: (0..<prompts).map { RunPrompt(origin: $0 % 2 == 0 ? .domain : .baseline, text: "prompt \($0)") }
    )
  }
}
