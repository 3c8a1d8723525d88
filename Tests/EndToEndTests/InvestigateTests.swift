// autointerp
// `InvestigateTests` tests `autointerp investigate` as a process: its files, that it says the same twice, and errors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.serialized, .enabled(if: Model.isThere, "scripts/fetch-model fetches the model"))
@BlockingTests struct InvestigateTests {
  private static let unseen = """
    The river that flows through Vienna is the
    The largest ocean on Earth is the
    The metal that is liquid at room temperature is
    The author of Hamlet was
    The planet nearest to the sun is
    The gas that plants take in is
    The longest river in Africa is the
    The capital of Norway is
    The colour of a ripe lemon is
    The number of legs of a spider is
    The animal that gives us wool is the
    The season after winter is

    """

  @Test func aNeuronOfARunIsInvestigatedOnPromptsThatTheRunHasNot() throws {
    let folder = try TemporaryFolder()
    try folder.write("domain.yaml", LocalRunTests.domain)
    try folder.write("baseline.txt", LocalRunTests.baseline)
    try folder.write("unseen.txt", Self.unseen)
    func autointerp(_ arguments: [String], exitCode: Int32 = 0) throws -> Program.Result {
      let result = try Program.run(arguments, in: folder.url)
      #expect(result.exitCode == exitCode, "\(arguments): \(result.errors)")
      return result
    }
    _ = try autointerp([
      "run", "--model", Model.path, "--prompts", "domain.yaml", "--baseline", "baseline.txt", "-o", "out.json",
      "--run-dir", "run", "--local", "2",
    ])
    let last = try autointerp([
      "query", "run", "SELECT neuron FROM profiles WHERE layer = 29 ORDER BY prompts DESC, neuron LIMIT 1", "--csv",
    ])
    let neuron = try #require(last.output.split(separator: "\n").last.map(String.init))
    let command = [
      "investigate", neuron, "--run", "run", "--model", Model.path, "--prompts", "unseen.txt", "domain.yaml",
      "--controls", "19", "--json",
    ]
    let first = try autointerp(command + ["-o", "files"])
    #expect(try autointerp(command).output == first.output)
    #expect(first.errors.contains("12 of 18 given prompts are new to the run; 12 are used"), "\(first.errors)")

    let dossier = try #require(
      try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
    let findings = try #require(dossier["findings"] as? [[String: Any]])
    #expect(!findings.isEmpty)
    #expect(findings.allSatisfy { ["confirmed", "refuted", "undecided"].contains($0["outcome"] as? String) })
    let name = neuron.replacing("/", with: "-")
    #expect(try folder.read("files/\(name).json").elementsEqual(first.output.utf8))
    let register = try JSONSerialization.jsonObject(with: Data(try folder.read("files/\(name).register.json")))
    let asked = try #require((register as? [String: Any])?["hypotheses"] as? [[String: Any]])
    #expect(asked.map { $0["statement"] as? String } == findings.map { $0["statement"] as? String })
    #expect(asked.allSatisfy { $0["outcome"] == nil })
    let digest = try #require(dossier["register_digest"] as? String)
    #expect(first.errors.contains(digest))
    let page = String(decoding: try folder.read("files/\(name).html"), as: UTF8.self)
    #expect(page.hasPrefix("<!doctype html>") && page.contains(digest))

    // The run's own prompts test nothing.
    let own = try autointerp(
      ["investigate", neuron, "--run", "run", "--model", Model.path, "--prompts", "domain.yaml"], exitCode: 1)
    #expect(own.errors.contains("of 6 prompts only 0 are new to the run, expected at least 8"), "\(own.errors)")
    let unknown = try autointerp(
      ["investigate", "L3/N1", "--run", "run", "--model", Model.path, "--prompts", "unseen.txt"], exitCode: 1)
    #expect(unknown.errors.contains("L3/N1 was selected in none of the 12 merged prompts"), "\(unknown.errors)")
  }
}
