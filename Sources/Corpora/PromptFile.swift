// autointerp
// A file of prompts, in whichever of the known formats.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The prompts of one file, in its order.
///
/// The format follows from the extension:
/// - `.yaml`, `.yml`: `sequences: [{prompt, answer_prefix}]`
/// - `.json`: `{"metadata": {"answer_prefix"}, "prompts": [{"prompt", "answer_prefix", "is_domain"}]}`
/// - `.jsonl`, `.ndjson`: a record a line with `prompt` (and the optional keys above) or `text` (such as FineWeb's)
/// - `.txt`: a prompt a line, empty lines skipped
///
/// `metadata.answer_prefix` holds for prompts without their own, in YAML too. `is_domain` overrides the origin that the
/// file was read with. Where a baseline file holds running text (`text` records and `.txt`), the prompt is the first
/// sentence of 20 to 200 characters, and texts without one are skipped.
package struct PromptFile: Sendable {
  package var prompts: [CorpusPrompt]
  /// Texts in which no sentence of fitting length was found.
  package var skippedTextCount: Int

  /// Reads a file whose prompts are of `origin`, unless they say so themselves.
  ///
  /// - Throws: `CorpusError` naming file and line or item, also when there is no prompt in it.
  package init(path: String, origin: CorpusOrigin) throws(CorpusError) {
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
    try self.init(file: path, contents: contents, origin: origin)
  }

  init(file: String, contents: Data, origin: CorpusOrigin) throws(CorpusError) {
    var reader = PromptReader(file: file, origin: origin)
    let body = contents.starts(with: [0xEF, 0xBB, 0xBF]) ? contents.dropFirst(3) : contents
    switch URL(filePath: file).pathExtension.lowercased() {
    case "yaml", "yml": try reader.readYAML(body)
    case "json": try reader.readJSON(body)
    case "jsonl", "ndjson": try reader.readJSONLines(body)
    case "txt", "text": try reader.readText(body)
    case let other:
      throw CorpusError(
        file: file, place: .wholeFile,
        message: "unknown extension \".\(other)\": prompts come as .yaml, .json, .jsonl or .txt")
    }
    guard !reader.prompts.isEmpty else {
      let reason = reader.skippedTextCount == 0 ? "" : ": none of its texts has a sentence of 20 to 200 characters"
      throw CorpusError(file: file, place: .wholeFile, message: "there are no prompts in it\(reason)")
    }
    prompts = reader.prompts
    skippedTextCount = reader.skippedTextCount
  }
}

/// Collects the prompts of one file; the formats are extensions of it.
struct PromptReader {
  let file: String
  let origin: CorpusOrigin
  private(set) var prompts: [CorpusPrompt] = []
  private(set) var skippedTextCount = 0

  init(file: String, origin: CorpusOrigin) {
    self.file = file
    self.origin = origin
  }

  mutating func add(_ record: PromptRecord, answerPrefix: String, at place: CorpusError.Place) throws(CorpusError) {
    let origin = record.isDomain.map { $0 ? CorpusOrigin.domain : .baseline } ?? self.origin
    let text: String
    if let prompt = record.prompt {
      text = prompt
    } else if let document = record.text {
      if origin == .baseline {
        guard let sentence = FirstSentence.find(in: document) else {
          skippedTextCount += 1
          return
        }
        text = sentence
      } else {
        text = document
      }
    } else {
      throw CorpusError(file: file, place: place, message: "neither \"prompt\" nor \"text\" is there")
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw CorpusError(file: file, place: place, message: "the prompt is empty")
    }
    let answerPrefix = record.answerPrefix ?? answerPrefix
    for (what, bytes) in [("prompt", text.utf8.count), ("answer prefix", answerPrefix.utf8.count)]
    where bytes > CorpusPrompt.maximumBytes {
      throw CorpusError(
        file: file, place: place,
        message: "the \(what) has \(bytes) bytes, more than the \(CorpusPrompt.maximumBytes) that it may have")
    }
    prompts.append(
      CorpusPrompt(origin: origin, text: text, answerPrefix: answerPrefix))
  }
}

/// One entry of a file; `prompt` is used as it is, `text` is running text.
struct PromptRecord: Decodable {
  var prompt: String?
  var text: String?
  var answerPrefix: String?
  var isDomain: Bool?

  enum CodingKeys: String, CodingKey {
    case prompt
    case text
    case answerPrefix = "answer_prefix"
    case isDomain = "is_domain"
  }
}
