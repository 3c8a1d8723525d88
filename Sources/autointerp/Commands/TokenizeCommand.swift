// autointerp
// `autointerp tokenize`: shows the tokens of a text.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Foundation

/// Prints the tokens of a text, or of every line of a JSONL file.
struct TokenizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Show the tokens of a text.",
    discussion: """
      Prints the ids as the model's own tokenizer gives them, in columns of id and text, or as one line {"ids":[...]} \
      for each input. Bytes that are not whole characters are shown as <0xE2>. A BOS is put before the text if, and \
      only if, the model wants one.
      """)

  @Option(help: "A GGUF file, or a folder with tokenizer.json.")
  var model: String = DefaultModel.path

  @Option(help: "A JSONL file, each line a JSON string or an object with \"text\"; - reads standard input.")
  var input: String?

  @Flag(help: "Print one line {\"ids\":[...]} for each input.")
  var json = false

  @Flag(help: "Take special tokens in the text, such as <|im_start|>, for ordinary text.")
  var plain = false

  @Flag(name: .customLong("no-bos"), help: "Add no BOS, even if the model wants one.")
  var omitsBOS = false

  @Argument(help: "The text.")
  var text: String?

  func validate() throws {
    if (text == nil) == (input == nil) { throw ValidationError("Give either a text or --input.") }
  }

  func run() async throws {
    let tokenizer = try Tokenizer.open(model)
    if let text {
      print(lines(for: text, tokenizer))
    } else if let input {
      try tokenize(linesOf: input, tokenizer)
    }
  }

  private func tokenize(linesOf input: String, _ tokenizer: Tokenizer) throws {
    let data =
      input == "-"
      ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(fileURLWithPath: input))
    let path = input == "-" ? "standard input" : input
    var output = ""
    for (number, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).enumerated() {
      output += try lines(for: Self.text(ofLine: line, path: path, number: number + 1), tokenizer) + "\n"
      if output.utf8.count > 1 << 20 {
        try FileHandle.standardOutput.write(contentsOf: Data(output.utf8))
        output = ""
      }
    }
    try FileHandle.standardOutput.write(contentsOf: Data(output.utf8))
  }

  /// The text that a line of JSON holds.
  private static func text(ofLine line: Data, path: String, number: Int) throws -> String {
    let value = try line.withUnsafeBytes { bytes in
      try JSONValue(parsing: bytes, path: "\(path), line \(number)")
    }
    if let text = value.string ?? value.object?["text"]?.string { return text }
    throw CheckpointError(
      path: "\(path), line \(number)", "neither a JSON string nor an object with \"text\"", found: value.summary)
  }

  private func lines(for text: String, _ tokenizer: Tokenizer) -> String {
    let encoded = tokenizer.encode(text, special: plain ? .plainText : .parsed)
    let ids = omitsBOS ? encoded : tokenizer.addingBOS(to: encoded)
    if json { return "{\"ids\":[\(ids.map(String.init).joined(separator: ","))]}" }
    let width = ids.map { String($0).count }.max() ?? 0
    return ids.map { id in
      let number = String(id)
      return String(repeating: " ", count: width - number.count) + number + " "
        + Self.visible(tokenizer.displayText(of: id))
    }.joined(separator: "\n")
  }

  /// Token text on one line and safe on a terminal: control characters as escapes.
  static func visible(_ text: String) -> String {
    var visible = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": visible += "\\n"
      case "\r": visible += "\\r"
      case "\t": visible += "\\t"
      default:
        if scalar.properties.generalCategory == .control {
          visible += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        } else {
          visible.unicodeScalars.append(scalar)
        }
      }
    }
    return visible
  }
}
