// autointerp
// `TokenizeCommand` is `autointerp tokenize`: it shows the tokens of a text.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Foundation
internal import JSON
internal import Platform
internal import Settings

/// Prints the tokens of a text, or of every line of a JSONL file.
struct TokenizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Show the tokens of a text.",
    discussion: """
      Prints the ids as the model's own tokenizer gives them: those of a text in columns of id and text, those of each \
      line of --input as one line {"ids":[...]}, in the order of the input and as soon as it is there. Bytes that are \
      not whole characters are shown as <0xE2>. A BOS is put before a text and an EOS after it if, and only if, the \
      model wants them around whole texts; a prompt of `graph` and `run` is to be continued and gets no EOS.
      """)

  @Option(help: "A GGUF file, or a folder with tokenizer.json.")
  var model: String = DefaultModel.path

  @Option(
    help: """
      A JSONL file, each line a JSON string or an object with "prompt" or "text" (and "answer_prefix"); - reads \
      standard input.
      """)
  var input: String?

  @Flag(help: "Print {\"ids\":[...]}, as for --input.")
  var json = false

  @Flag(help: "Treat special tokens in the text, such as <|im_start|>, as ordinary text.")
  var plain = false

  @Flag(
    name: [.customLong("no-boundaries"), .customLong("no-bos")],
    help: "Add no BOS and no EOS, even if the model wants them.")
  var omitsBoundaries = false

  @Argument(help: "The text.")
  var text: String?

  func validate() throws {
    if (text == nil) == (input == nil) { throw ValidationError("Give either a text or --input.") }
  }

  func run() async throws {
    let tokenizer = try Tokenizer.open(model)
    if let text {
      let ids = try ids(of: text, tokenizer)
      print(json ? Self.line(ids) : Self.columns(ids, tokenizer))
    } else if let input {
      try tokenize(linesOf: input, tokenizer)
    }
  }

  /// Prints one line for each line that is not blank, up to the first invalid line.
  private func tokenize(linesOf input: String, _ tokenizer: Tokenizer) throws {
    var file = try InputFile(input)
    var output = Data()
    func flush() throws {
      try FileHandle.standardOutput.write(contentsOf: output)
      output.removeAll(keepingCapacity: true)
    }
    do {
      while let line = try file.nextLine(beforeWaiting: flush) {
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
        let place = "\(file.name):\(file.lineNumber)"
        do {
          let ids = try ids(of: Self.text(ofLine: line, at: place), tokenizer)
          output.append(contentsOf: (Self.line(ids) + "\n").utf8)
        } catch var error as CheckpointError {
          error.path = place
          throw error
        }
        if output.count > 1 << 20 { try flush() }
      }
    } catch {
      try flush()
      throw error
    }
    try flush()
  }

  /// The text in a line of JSON. A prompt is rendered with the template `raw`.
  static func text(ofLine line: ArraySlice<UInt8>, at place: String) throws -> String {
    let text = line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line
    let value = try text.withUnsafeBytes { try JSONValue(parsing: $0, path: place) }
    if let text = value.string { return text }
    guard let members = value.object else { throw Self.unusable(value, at: place) }
    func string(_ key: String) throws(CheckpointError) -> String? {
      guard let member = members[key], member != .null else { return nil }
      guard let text = member.string else {
        throw CheckpointError(path: place, key: key, "wrong type", expected: "a string", found: member.summary)
      }
      return text
    }
    guard let prompt = try string("prompt") ?? string("text") else { throw Self.unusable(value, at: place) }
    return try PromptTemplate(name: "raw").render(prompt: prompt, answerPrefix: string("answer_prefix") ?? "").text
  }

  private static func unusable(_ value: JSONValue, at place: String) -> CheckpointError {
    CheckpointError(
      path: place, "neither a JSON string nor an object with \"prompt\" or \"text\"", found: value.summary)
  }

  private func ids(of text: String, _ tokenizer: Tokenizer) throws(CheckpointError) -> [Int32] {
    let ids = tokenizer.encode(text, special: plain ? .plainText : .parsed)
    return omitsBoundaries ? ids : try tokenizer.addingBoundaries(to: ids)
  }

  private static func line(_ ids: [Int32]) -> String { "{\"ids\":[\(ids.map(String.init).joined(separator: ","))]}" }

  private static func columns(_ ids: [Int32], _ tokenizer: Tokenizer) -> String {
    let width = ids.map { String($0).count }.max() ?? 0
    return ids.map { id in
      let number = String(id)
      return String(repeating: " ", count: width - number.count) + number + " "
        + tokenizer.displayText(of: id).visible
    }.joined(separator: "\n")
  }
}
