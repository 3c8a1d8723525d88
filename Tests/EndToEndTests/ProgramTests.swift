// autointerp
// `ProgramTests` tests the program's help, and its errors about arguments and settings.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite @BlockingTests struct ProgramTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func helpNamesTheCommands() throws {
    let result = try Program.run(["--help"], in: folder.url)
    #expect(result.exitCode == 0)
    for command in ["graph", "run", "worker", "keygen"] { #expect(result.output.contains("  \(command) ")) }
  }

  @Test func aWrongSettingIsAnErrorThatNamesTheLine() throws {
    try folder.write("cluster.toml", "[worker]\n\nslotz = 2\n")
    try folder.write("prompts.txt", "One and one is\n")
    let result = try Program.run(["run", "--prompts", "prompts.txt"], in: folder.url)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("cluster.toml:3: unknown key \"slotz\" in [worker]: did you mean \"slots\"?"))
  }

  @Test func aMissingModelSaysHowToGetIt() throws {
    try folder.write("prompts.txt", "One and one is\n")
    let result = try Program.run(["run", "--prompts", "prompts.txt", "--model", "nowhere.gguf"], in: folder.url)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("there is no model at nowhere.gguf"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("runs")))
  }

  @Test func aBrokenPromptFileIsNamedWithItsLine() throws {
    try folder.write("prompts.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": 7}\n")
    try #require(Model.isThere, "run scripts/fetch-model first")
    let result = try Program.run(["run", "--prompts", "prompts.jsonl", "--model", Model.path], in: folder.url)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("prompts.jsonl:2: prompt: expected a string"))
  }
}
