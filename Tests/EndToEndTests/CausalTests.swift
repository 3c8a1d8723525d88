// autointerp
// `CausalTests` tests `autointerp causal` and `steer` as processes: the JSON that other programs read, and errors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.enabled(if: Model.isThere)) @BlockingTests struct CausalTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String]) throws -> Program.Result {
    try Program.run([arguments[0], "--model", Model.path] + arguments.dropFirst(), in: folder.url)
  }

  @Test func causalWritesARecordForEachNeuronPromptAndIntervention() throws {
    let result = try run([
      "causal", "--neurons", "L28/N1095,L11/N1229", "--interventions", "zero,x2", "--positions", "all", "--tokens",
      "504,3575,282,4649,314", "--json",
    ])
    #expect(result.exitCode == 0, "\(result.errors)")
    let file = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let records = try #require(file["results"] as? [[String: Any]])
    #expect(records.map { $0["neuron"] as? String } == ["L28/N1095", "L28/N1095", "L11/N1229", "L11/N1229"])
    #expect(records.map { $0["intervention"] as? String } == ["zero", "x2", "zero", "x2"])
    for record in records {
      for key in ["kl_base_new", "metric_before", "metric_change"] { #expect(record[key] is Double, "\(key)") }
      #expect(record["prompt"] is String)
      for key in ["top_before", "top_after"] {
        let tokens = try #require(record[key] as? [[String: Any]])
        #expect(tokens.count == 10)
        #expect(tokens.allSatisfy { $0["token"] is Int && $0["text"] is String && $0["logit"] is Double })
        #expect(tokens.allSatisfy { (0...1).contains($0["probability"] as? Double ?? -1) })
      }
    }
  }

  @Test func steerGeneratesBothTextsOfTheSameLength() throws {
    let arguments = [
      "steer", "--neurons", "L29/N729=x8", "--max-tokens", "6", "--json", "--prompt", "The capital of France is",
    ]
    let (first, second) = (try run(arguments), try run(arguments))
    #expect(first.exitCode == 0 && first.output == second.output, "\(first.errors)")
    let file = try #require(JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
    for key in ["plain", "steered"] {
      #expect(((file[key] as? [String: Any])?["tokens"] as? [Int])?.count == 6)
    }
  }

  @Test(arguments: [
    (["causal", "--neurons", "L28/N1095", "--interventions", "bogus", "a b"], "\"bogus\" is not one of zero, mean"),
    (["causal", "--neurons", "L77/N1", "a b"], "neuron L77/N1 does not exist: the model has 30 layers"),
    (["causal", "--neurons", "L1/N1", "--interventions", "mean", "a b"], "name prompts with --reference"),
    (["causal", "--neurons", "L1/N1", "--positions", "0,9", "a b"], "position is 9, expected 0 to 1"),
    (["causal", "--neurons", "L1/N1", "--path", "direct", "--positions", "1", "a b"], "use --positions all"),
    (["causal", "--neurons", "L1/N1", "--interventions", "x2", "--controls", "5", "a b"], "compares removals"),
    (["causal", "--neurons", "L1/N1"], "Give one of a text, --tokens and --prompts"),
    (["steer", "--neurons", "L1/N1", "a b"], "expected L29/N729=x2, =zero"),
    (["circuit"], "Give one of --pairs and --prompt"),
    (["circuit", "--prompt", "a b", "--ablation", "resample"], "give --corrupt"),
  ])
  func mistakesAreNamed(arguments: [String], message: String) throws {
    let result = try run(arguments)
    #expect(result.exitCode != 0 && result.output.isEmpty)
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}
