// autointerp
// `PromptFileTests` tests every format of prompt files, valid and invalid.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Corpora

@Suite struct PromptFileTests {
  static func read(_ name: String, _ text: String, as group: CorpusGroup = .domain) throws(CorpusError) -> PromptFile {
    try PromptFile(file: name, contents: Data(text.utf8), group: group)
  }

  @Test func promptsMayAskAboutTokensOfTheirOwn() throws {
    let prompts = try Self.read(
      "a.jsonl",
      """
      {"prompt": "a", "target_tokens": [" b", "#7"]}
      {"prompt": "a", "contrast": [" c", " d"]}
      {"prompt": "a"}

      """
    ).prompts
    #expect(prompts.map(\.targetTokens) == [[" b", "#7"], [], []])
    #expect(prompts.map(\.contrast) == [[], [" c", " d"], []])
    // Three questions about one text are three prompts, and each question is in the digest.
    let whole = Corpus(drawing: prompts, limit: nil, seed: 0)
    #expect(whole.prompts.count == 3)
    let digests = prompts.map { Corpus(drawing: [$0], limit: nil, seed: 0).digest }
    #expect(Set(digests).count == 3)
  }

  @Test(arguments: [
    ("a.json", #"["a b", {"prompt": "c", "answer_prefix": "d"}]"#),
    ("a.yaml", "- a b\n- {prompt: c, answer_prefix: d}\n"),
    ("a.jsonl", "\"a b\"\n{\"prompt\": \"c\", \"answer_prefix\": \"d\"}\n"),
    ("a.csv", "id,prompt,answer_prefix\r\n1,a b,\r\n2,\"c\",d\r\n"),
  ])
  func aPlainListOfPromptsIsEnough(name: String, text: String) throws {
    #expect(
      try Self.read(name, text).prompts == [
        CorpusPrompt(group: .domain, text: "a b"), CorpusPrompt(group: .domain, text: "c", answerPrefix: "d"),
      ])
  }

  @Test func quotedFieldsOfATableHoldCommasLinesAndQuotes() throws {
    let file = try Self.read("a.csv", "prompt,is_domain\n\"a, \"\"b\"\"\nc\",no\n\nd,\n", as: .domain)
    #expect(
      file.prompts == [
        CorpusPrompt(group: .baseline, text: "a, \"b\"\nc"), CorpusPrompt(group: .domain, text: "d"),
      ])
  }

  @Test func yamlSequencesAreReadWithTheirPrefixes() throws {
    let file = try Self.read(
      "a.yaml",
      """
      metadata:
        answer_prefix: " It is"
      sequences:
        - prompt: "The drug of choice for \\"strep\\" is:"
          answer_prefix: ""
        - {prompt: 42, is_domain: no}
        - prompt: |
            Two
            lines
      """)
    #expect(
      file.prompts == [
        CorpusPrompt(group: .domain, text: "The drug of choice for \"strep\" is:"),
        CorpusPrompt(group: .baseline, text: "42", answerPrefix: " It is"),
        CorpusPrompt(group: .domain, text: "Two\nlines", answerPrefix: " It is"),
      ])
  }

  @Test func jsonPromptsMayOverridePrefixAndOrigin() throws {
    let file = try Self.read(
      "a.json",
      """
      {"metadata": {"answer_prefix": "A:", "author": 1},
       "prompts": [{"prompt": "p"}, {"prompt": "q", "answer_prefix": "B:", "is_domain": false, "more": []}]}
      """)
    #expect(
      file.prompts == [
        CorpusPrompt(group: .domain, text: "p", answerPrefix: "A:"),
        CorpusPrompt(group: .baseline, text: "q", answerPrefix: "B:"),
      ])
  }

  @Test func jsonLinesTakePromptsAsTheyAreAndSentencesOfBaselineTexts() throws {
    let lines = """
      {"prompt": "as it is"}\r

      {"text": "Home\\nThis is the first proper sentence. And another.", "id": "<urn:uuid:1>", "language_score": 0.9}
      {"text": "Short."}
      """
    let baseline = try Self.read("a.jsonl", lines, as: .baseline)
    #expect(baseline.prompts.map(\.text) == ["as it is", "This is the first proper sentence."])
    #expect(baseline.prompts.allSatisfy { $0.group == .baseline })
    #expect(baseline.prompts.map(\.isRunningText) == [false, true])
    #expect(baseline.skippedTextCount == 1)
    let domain = try Self.read("a.jsonl", lines)
    #expect(domain.prompts.last?.text == "Short.")
    #expect(domain.prompts.count == 3)
  }

  @Test func plainTextIsAPromptALine() throws {
    let file = try Self.read("a.txt", "\u{FEFF}one\r\n\n  two \nthree")
    #expect(file.prompts.map(\.text) == ["one", "  two ", "three"])
  }

  @Test(arguments: [
    ("a.yaml", "sequences: [\n", "a.yaml:2: not valid YAML"),
    ("a.yaml", "prompts: []\n", "a.yaml:1: expected a list of prompts, alone or under the key \"sequences\""),
    ("a.yaml", "sequences: 3\n", "a.yaml:1: \"sequences\" is not a list"),
    ("a.yaml", "sequences:\n- prompt: a\n- question: b\n", "a.yaml:3: \"prompt\" is missing"),
    ("a.yaml", "sequences:\n- prompt: [a]\n", "a.yaml:2: \"prompt\" is not a string"),
    ("a.yaml", "sequences:\n- prompt: a\n  is_domain: maybe\n", "a.yaml:3: \"is_domain\" is neither true nor false"),
    ("a.yaml", "sequences:\n- prompt: a\n- prompt: ' '\n", "a.yaml:3: the prompt is empty"),
    ("a.yaml", "", "a.yaml: expected a list of prompts"),
    ("a.json", "{\"prompts\": [{\"prompt\": 3}]}", "a.json: prompts[0].prompt: expected a string"),
    ("a.json", "{\"prompts\": {}}", "a.json: prompts: expected a list"),
    ("a.json", "{}", "a.json: \"prompts\" is missing"),
    (
      "a.json", "{\"prompts\": [{\"prompt\": \"a\"}, {}]}",
      "a.json: prompts[1]: both \"prompt\" and \"text\" are missing"
    ),
    ("a.json", "{\"prompts\": [{\"prompt\": \"a\"}", "a.json: not valid JSON: "),
    ("a.json", "{\"prompts\": []}", "a.json: there are no prompts in it"),
    ("a.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": }\n", "a.jsonl:2: not valid JSON: "),
    ("a.jsonl", "{\"prompt\": \"a\"}\n{\"text\": 1}\n", "a.jsonl:2: text: expected a string"),
    ("a.jsonl", "{\"prompt\": \"\"}\n", "a.jsonl:1: the prompt is empty"),
    (
      "a.jsonl", "{\"prompt\": \"a\", \"contrast\": [\"b\"]}\n",
      "a.jsonl:1: \"contrast\" has 1 tokens, expected two: [A, B]"
    ),
    (
      "a.jsonl", "{\"prompt\": \"a\", \"contrast\": [\"b\", \"c\"], \"target_tokens\": [\"d\"]}\n",
      "a.jsonl:1: expected one of \"target_tokens\""
    ),
    ("a.jsonl", "{\"prompt\": \"a\", \"target_tokens\": [\"\"]}\n", "a.jsonl:1: a target token is empty"),
    ("a.json", "{\"prompts\": [1, }", "a.json: not valid JSON: Invalid value around character 16"),
    ("a.txt", "a\n" + String(repeating: "b", count: 1_048_577), "a.txt:2: the prompt has 1048577 bytes"),
    ("a.txt", "\n \n", "a.txt: there are no prompts in it"),
    ("a.tsv", "prompt\n", "a.tsv: unknown extension \".tsv\""),
    ("a.csv", "question,answer\n", "a.csv:1: expected a header with a column named \"prompt\" or \"text\""),
    ("a.csv", "prompt,is_domain\na\n", "a.csv:2: this row has 1 fields, but the header has 2"),
    ("a.csv", "prompt,is_domain\na,maybe\n", "a.csv:2: \"is_domain\" is neither true nor false"),
    ("a.csv", "prompt\n\"a\nb\n", "a.csv:2: the quote that opens here is never closed"),
    ("a.csv", "prompt\n\"a\" b\n", "a.csv:2: expected a comma or a line end after the closing quote"),
  ])
  func errorsNameFileAndPlace(name: String, text: String, message: String) {
    let error = #expect(throws: CorpusError.self) { try Self.read(name, text) }
    #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    let bytes = Data("fine\n".utf8) + [0xFF, 0x0A]
    for (name, place) in [("a.txt", "a.txt:2: "), ("a.yaml", "a.yaml: "), ("a.jsonl", "a.jsonl:1: ")] {
      let error = #expect(throws: CorpusError.self) { try PromptFile(file: name, contents: bytes, group: .domain) }
      #expect(error?.description.hasPrefix(place) == true, "\(String(describing: error))")
    }
  }

  @Test func aMissingFileIsNamed() {
    let error = #expect(throws: CorpusError.self) { try PromptFile(path: "/nowhere/at/all.yaml", group: .domain) }
    #expect(error?.description == "/nowhere/at/all.yaml: there is no such file")
  }

  @Test func aFolderIsNamed() {
    let error = #expect(throws: CorpusError.self) { try PromptFile(path: "/tmp", group: .domain) }
    #expect(error?.description == "/tmp: this is a folder")
  }

  @Test func aBaselineWithoutFittingSentencesSaysWhy() {
    let error = #expect(throws: CorpusError.self) { try Self.read("a.txt", "Too short.\n", as: .baseline) }
    #expect(error?.message.contains("20 to 200") == true)
  }
}
