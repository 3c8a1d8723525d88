// autointerp
// `PromptReader` reads prompts from files with one prompt per line: JSON Lines and plain text.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

extension PromptReader {
  mutating func readJSONLines(_ contents: Data) throws(CorpusError) {
    let decoder = JSONDecoder()
    try forEachLine(contents) { (reader, number, line) throws(CorpusError) in
      guard line.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { return }
      let record: PromptRecord
      do {
        record = try decoder.decode(PromptRecord.self, from: line)
      } catch {
        throw CorpusError(file: reader.file, place: .line(number), message: jsonComplaint(error, in: line))
      }
      try reader.add(record, answerPrefix: "", at: .line(number))
    }
  }

  mutating func readText(_ contents: Data) throws(CorpusError) {
    try forEachLine(contents) { (reader, number, line) throws(CorpusError) in
      guard let text = String(validating: line, as: UTF8.self) else {
        throw CorpusError(file: reader.file, place: .line(number), message: "not UTF-8")
      }
      guard text.contains(where: { !$0.isWhitespace }) else { return }
      try reader.add(
        reader.group == .domain ? PromptRecord(prompt: text) : PromptRecord(text: text), answerPrefix: "",
        at: .line(number))
    }
  }

  /// Calls `body` for each line. A line ends with LF or CRLF; lines are counted from 1.
  private mutating func forEachLine(
    _ contents: Data, _ body: (inout PromptReader, _ number: Int, _ line: Data) throws(CorpusError) -> Void
  ) throws(CorpusError) {
    var start = contents.startIndex
    var number = 0
    while start < contents.endIndex {
      number += 1
      let end = contents[start...].firstIndex(of: UInt8(ascii: "\n")) ?? contents.endIndex
      var line = contents[start..<end]
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      try body(&self, number, line)
      start = end < contents.endIndex ? contents.index(after: end) : end
    }
  }
}
