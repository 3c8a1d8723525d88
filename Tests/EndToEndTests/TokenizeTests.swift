// autointerp
// `TokenizeTests` tests `autointerp tokenize` as a process.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite @BlockingTests struct TokenizeTests {
  let folder: TemporaryFolder
  /// A small byte-level tokenizer without BOS, and one with BOS.
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../CheckpointsTests/Fixtures/Tokenizers").standardized
  private static let gpt2 = fixtures.appending(path: "gpt2").path
  private static let llama3 = fixtures.appending(path: "llama3").path

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String..., model: String = gpt2) throws -> Program.Result {
    try Program.run(["tokenize", "--model", model] + arguments, in: folder.url)
  }

  private func ids(of text: String) throws -> String { try run("--json", text).output }

  @Test func everyInputGivesOneLine() throws {
    try folder.write("in.jsonl", "\"one\"\n{\"text\": \"two\"}\r\n\n \t\n{\"prompt\": \"three\", \"id\": 3}\n\"\"\n")
    let result = try run("--input", "in.jsonl")
    #expect(result.exitCode == 0)
    #expect(try result.output == ids(of: "one") + ids(of: "two") + ids(of: "three") + "{\"ids\":[]}\n")
    #expect(try run("--json", "--input", "in.jsonl").output == result.output)
  }

  @Test func aPromptIsJoinedWithItsAnswerPrefix() throws {
    try folder.write("in.jsonl", "{\"prompt\": \"The drug is\", \"answer_prefix\": \"It is\"}\n")
    #expect(try run("--input", "in.jsonl").output == ids(of: "The drug is It is"))
  }

  @Test(arguments: [
    ("{\"text\": }", "in.jsonl:4"), ("7", "in.jsonl:4: neither a JSON string"), ("{\"id\": 1}", "in.jsonl:4: neither"),
    ("{\"prompt\": 1}", "in.jsonl:4: key \"prompt\": wrong type"),
    ("{\"text\": \"a\", \"answer_prefix\": []}", "in.jsonl:4: key \"answer_prefix\": wrong type"),
  ])
  func aWrongLineIsNamedAndWhatCameBeforeItIsKept(line: String, message: String) throws {
    try folder.write("in.jsonl", "\"one\"\n\n\"two\"\n\(line)\n\"three\"\n")
    let result = try run("--input", "in.jsonl")
    #expect(result.exitCode == 1)
    #expect(try result.output == ids(of: "one") + ids(of: "two"))
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func aLineIsAnsweredBeforeTheNextOneComes() throws {
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = try Program.location()
    process.arguments = ["tokenize", "--model", Self.gpt2, "--input", "-"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    defer { process.terminate() }
    for text in ["one", "two"] {
      try input.fileHandleForWriting.write(contentsOf: Data("\"\(text)\"\n".utf8))
      var wait = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
      try #require(poll(&wait, 1, 60_000) == 1, "no answer in a minute")
      #expect(try String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == ids(of: text))
    }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func moreThanOneBOSIsRefusedWithItsLine() throws {
    try folder.write("in.jsonl", "\"a\"\n\"<|begin_of_text|>a\"\n\"<|begin_of_text|><|begin_of_text|>a\"\n")
    let result = try run("--input", "in.jsonl", model: Self.llama3)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("in.jsonl:3: the text begins with more than one BOS"), "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0] == lines[1])
    #expect(try run("--no-boundaries", "--input", "in.jsonl", model: Self.llama3).exitCode == 0)
  }

  @Test func aMissingFileOrAFolderIsNamed() throws {
    #expect(try run("--input", "nope.jsonl").errors.contains("nope.jsonl: cannot be read: No such file or directory"))
    #expect(try run("--input", "/etc").errors.contains("/etc: this is a folder, not a file"))
  }
}
