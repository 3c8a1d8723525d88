// autointerp
// `LanguageModelTests` tests `label` and `investigate` with a scripted language model, friendly and hostile, as processes.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.serialized, .enabled(if: Model.isThere, "scripts/fetch-model fetches the model"))
@BlockingTests struct LanguageModelTests {
  /// The endpoint of EndpointsTests, in a process that is killed with this object.
  private final class Endpoint {
    let url: String
    private let process = Process()
    private let input = Pipe()

    init(log: URL) throws {
      let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      let output = Pipe()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["python3", tests.appending(path: "EndpointsTests/Fixtures/chat-endpoint").path, log.path]
      process.standardInput = input
      process.standardOutput = output
      try process.run()
      let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      url = "http://127.0.0.1:\(port.trimmingCharacters(in: .whitespacesAndNewlines))/v1"
    }

    deinit {
      // Processes that other tests start meanwhile may hold a copy of its input.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  @Test func labelsAndHypothesesOfALanguageModelAreClaimsAndNothingElse() throws {
    let folder = try TemporaryFolder()
    try folder.write("domain.yaml", LocalRunTests.domain)
    try folder.write("baseline.txt", LocalRunTests.baseline)
    let log = folder.url.appending(path: "asked.jsonl")
    let endpoint = try Endpoint(log: log)
    func autointerp(_ arguments: String..., exitCode: Int32 = 0) throws -> Program.Result {
      let result = try Program.run(arguments, in: folder.url)
      #expect(result.exitCode == exitCode, "\(arguments): \(result.errors)")
      return result
    }
    _ = try autointerp(
      "run", "--model", Model.path, "--prompts", "domain.yaml", "--baseline", "baseline.txt", "-o", "out.json",
      "--run-dir", "run", "--local", "2")

    let made = try autointerp("label", "run", "--from", "run", "--top-k", "5")
    #expect(made.output.contains("5 added") && made.output.contains("near-duplicates"))
    let llm = ["--llm", endpoint.url, "--top-k", "5"]
    let proposed = try Program.run(["label", "run", "--from", "llm", "--llm-model", "good"] + llm, in: folder.url)
    #expect(proposed.exitCode == 0 && proposed.output.contains(" added"), "\(proposed.errors)")
    let labels = try autointerp(
      "query", "run", "SELECT neuron, text FROM labels.labels WHERE source = 'llm' AND version = 'good seed 0'", "--csv"
    )
    let line = try #require(labels.output.split(separator: "\n").dropFirst().first)
    let neuron = try #require(line.split(separator: ",").first.map(String.init))
    let page = try autointerp("neuron", neuron, "--run", "run").output
    #expect(page.contains("(llm, machine-made, good seed 0)") && page.contains("(machine, machine-made"))

    // Hostile replies: nothing of them reaches the terminal but harmless text, and large or broken ones are dropped.
    for (name, model) in [("escapes", "escapes"), ("orders", "orders")] {
      let result = try Program.run(
        ["label", "run", "--from", "llm", "--llm-model", model, "--dry-run"] + llm, in: folder.url)
      #expect(result.exitCode == 0, "\(name): \(result.errors)")
      #expect(
        !result.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" } && result.output.utf8.count < 10_000)
      #expect(!result.errors.unicodeScalars.contains("\u{1B}"))
    }
    for model in ["huge", "html", "broken", "empty"] {
      let result = try Program.run(["label", "run", "--from", "llm", "--llm-model", model] + llm, in: folder.url)
      #expect(result.exitCode == 0 && result.output.contains("held no label and were dropped"), "\(model): \(result)")
    }
    let denied = try Program.run(["label", "run", "--from", "llm", "--llm-model", "denied"] + llm, in: folder.url)
    #expect(denied.exitCode == 1 && denied.errors.contains("AUTOINTERP_LLM_KEY"), "\(denied)")
    _ = try autointerp("label", "run", "--from", "llm", exitCode: 64)
    _ = try autointerp("label", "run", "--from", "llm", "--llm", "ftp://x", exitCode: 1)

    let scored = try Program.run(["label", "run", "--score", "--llm-model", "good"] + llm, in: folder.url)
    #expect(scored.exitCode == 0 && scored.output.contains("Halves: "), "\(scored.errors)")

    let investigated = try autointerp(
      "investigate", neuron, "--run", "run", "--model", Model.path, "--prompts", "baseline.txt", "unseen.txt",
      "--controls", "19", "--llm", endpoint.url, "--llm-model", "good", exitCode: 1)
    #expect(investigated.errors.contains("unseen.txt"))
    try folder.write("unseen.txt", (1...12).map { "The name of river number \($0) is\n" }.joined())
    let dossier = try autointerp(
      "investigate", neuron, "--run", "run", "--model", Model.path, "--prompts", "unseen.txt", "--controls", "19",
      "--llm", endpoint.url, "--llm-model", "good", "--json"
    ).output
    #expect(dossier.contains("\"proposed_by\":\"good\""))

    // No held-out prompt was shown for a label, and the run's texts went nowhere else.
    let asked = try String(contentsOf: log, encoding: .utf8)
    #expect(asked.contains("/v1/chat/completions") && !asked.contains("river number"))
  }
}
