// autointerp
// `PromptFile` reads a file of prompts in any of the known formats.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The prompts of one file, in the order of the file.
///
/// The format follows from the extension:
/// - `.yaml`, `.yml`: a list of prompts, or `sequences: [...]`
/// - `.json`: a list of prompts, or `{"metadata": {"answer_prefix"}, "prompts": [...]}`
/// - `.jsonl`, `.ndjson`: one prompt on each line
/// - `.csv`: a header that names the columns as the keys below are named, then one prompt in each row
/// - `.txt`, `.text`: one prompt on each line; empty lines are skipped
///
/// A prompt is a string, or an object with `prompt`, or with `text` as in FineWeb, and optionally with `answer_prefix` and
/// `is_domain`. `metadata.answer_prefix` applies to prompts that have no answer prefix, in YAML too. `is_domain` decides
/// the group of a prompt, whatever group the file is read for. A prompt of a JSON or JSONL file may have its own
/// `target_tokens: [A, ...]` or `contrast: [A, B]`.
///
/// `text` objects and the lines of `.txt` are running text. In a file for another group than `domain`, only the first
/// sentence of 20 to 200 characters of such a text becomes a prompt, and a text without such a sentence is skipped. A
/// line without a mark at its end is taken only if no sentence fits.
package struct PromptFile: Sendable {
  package var prompts: [CorpusPrompt]
  /// How many texts were skipped because no sentence of theirs has 20 to 200 characters.
  package var skippedTextCount: Int

  /// Reads a file. Its prompts belong to `group`, unless `is_domain` says otherwise.
  ///
  /// - Throws: `CorpusError` with the file and the line or item. A file without prompts is an error too.
  package init(path: String, group: CorpusGroup) throws(CorpusError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw CorpusError(file: path, place: .wholeFile, message: "there is no such file")
    }
    if isFolder.boolValue { throw CorpusError(file: path, place: .wholeFile, message: "this is a folder") }
    let contents: Data
    do {
      contents = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
    } catch {
      throw CorpusError(file: path, place: .wholeFile, message: "cannot be read: \(error.localizedDescription)")
    }
    try self.init(file: path, contents: contents, group: group)
  }

  init(file: String, contents: Data, group: CorpusGroup) throws(CorpusError) {
    var reader = PromptReader(file: file, group: group)
    let body = contents.starts(with: [0xEF, 0xBB, 0xBF]) ? contents.dropFirst(3) : contents
    switch URL(filePath: file).pathExtension.lowercased() {
    case "yaml", "yml": try reader.readYAML(body)
    case "json": try reader.readJSON(body)
    case "jsonl", "ndjson": try reader.readJSONLines(body)
    case "csv": try reader.readCSV(body)
    case "txt", "text": try reader.readText(body)
    case let other:
      throw CorpusError(
        file: file, place: .wholeFile,
        message: "unknown extension \".\(other)\": prompts come as .yaml, .json, .jsonl, .csv or .txt")
    }
    guard !reader.prompts.isEmpty else {
      let reason = reader.skippedTextCount == 0 ? "" : ": none of its texts has a sentence of 20 to 200 characters"
      throw CorpusError(file: file, place: .wholeFile, message: "there are no prompts in it\(reason)")
    }
    prompts = reader.prompts
    skippedTextCount = reader.skippedTextCount
  }
}

/// Collects the prompts of one file. Each format is an extension of this type.
struct PromptReader {
  let file: String
  let group: CorpusGroup
  private(set) var prompts: [CorpusPrompt] = []
  private(set) var skippedTextCount = 0

  init(file: String, group: CorpusGroup) {
    self.file = file
    self.group = group
  }

  /// Checks an entry of the file and adds its prompt.
  ///
  /// - Parameters:
  ///   - record: the entry.
  ///   - answerPrefix: the answer prefix of prompts that have none of their own.
  ///   - place: where the entry stands, for errors.
  /// - Throws: `CorpusError` if the entry is not a valid prompt.
  mutating func add(_ record: PromptRecord, answerPrefix: String, at place: CorpusError.Place) throws(CorpusError) {
    let group = record.isDomain.map { $0 ? CorpusGroup.domain : .baseline } ?? self.group
    let text: String
    var isRunningText = false
    if let prompt = record.prompt {
      text = prompt
    } else if let document = record.text {
      if group != .domain {
        guard let sentence = FirstSentence.find(in: document) else {
          skippedTextCount += 1
          return
        }
        text = sentence
        isRunningText = true
      } else {
        text = document
      }
    } else {
      throw CorpusError(file: file, place: place, message: "both \"prompt\" and \"text\" are missing")
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw CorpusError(file: file, place: place, message: "the prompt is empty")
    }
    let answerPrefix = record.answerPrefix ?? answerPrefix
    for (what, bytes) in [("prompt", text.utf8.count), ("answer prefix", answerPrefix.utf8.count)]
    where bytes > CorpusPrompt.maximumBytes {
      throw CorpusError(
        file: file, place: place,
        message: "the \(what) has \(bytes) bytes, but at most \(CorpusPrompt.maximumBytes) are allowed")
    }
    let (targets, contrast) = (record.targetTokens ?? [], record.contrast ?? [])
    guard targets.isEmpty || contrast.isEmpty, record.targetTokens?.isEmpty != true else {
      throw CorpusError(
        file: file, place: place,
        message: "expected one of \"target_tokens\" (one or more) and \"contrast\", or neither")
    }
    guard contrast.isEmpty || contrast.count == 2 else {
      throw CorpusError(
        file: file, place: place, message: "\"contrast\" has \(contrast.count) tokens, expected two: [A, B]")
    }
    // The run's file stores the tokens of a prompt as one text, separated by U+001F.
    guard (targets + contrast).allSatisfy({ !$0.isEmpty && $0.utf8.count <= 4096 && !$0.contains("\u{1F}") }) else {
      throw CorpusError(
        file: file, place: place, message: "a target token is empty, longer than 4096 bytes or has the character U+001F"
      )
    }
    prompts.append(
      CorpusPrompt(
        group: group, text: text, answerPrefix: answerPrefix, isRunningText: isRunningText, targetTokens: targets,
        contrast: contrast))
  }
}
