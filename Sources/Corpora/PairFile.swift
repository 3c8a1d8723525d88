// autointerp
// `PairFile` reads minimal pairs: two prompts that differ in what decides between two answers.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// One pair of a file.
package struct CorpusPair: Hashable, Sendable {
  package var prompt: String
  package var corrupt: String
  /// The answer of the prompt and that of the corrupt prompt, as text or `#id`.
  package var answer: String
  package var other: String
  /// Pairs with the same number are one sentence with other words.
  package var template: Int
}

/// The pairs of a JSONL file: `{"prompt", "corrupt", "contrast": [answer, other], "template"}`, a pair a line.
package struct PairFile: Sendable {
  package var pairs: [CorpusPair]

  private struct Record: Decodable {
    var prompt: String
    var corrupt: String
    var contrast: [String]
    var template: Int?
  }

  /// Reads a file.
  ///
  /// - Throws: `CorpusError` with file and line, also if the file has no pairs.
  package init(path: String) throws(CorpusError) {
    let contents: Data
    do {
      contents = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw CorpusError(file: path, place: .wholeFile, message: "cannot be read: \(error.localizedDescription)")
    }
    try self.init(file: path, contents: contents)
  }

  init(file: String, contents: Data) throws(CorpusError) {
    var pairs: [CorpusPair] = []
    for (number, line) in contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
    where line.contains(where: { $0 > 0x20 }) {
      let place = CorpusError.Place.line(number + 1)
      let record: Record
      do {
        record = try JSONDecoder().decode(Record.self, from: line)
      } catch {
        throw CorpusError(
          file: file, place: place,
          message: "is no pair: expected {\"prompt\": text, \"corrupt\": text, \"contrast\": [answer, other answer]}")
      }
      guard record.contrast.count == 2, record.contrast[0] != record.contrast[1] else {
        throw CorpusError(
          file: file, place: place,
          message:
            "\"contrast\" has \(record.contrast.count) tokens, expected two different ones: [answer, other answer]")
      }
      guard !record.prompt.isEmpty, !record.corrupt.isEmpty, record.prompt != record.corrupt else {
        throw CorpusError(
          file: file, place: place, message: "\"prompt\" and \"corrupt\" are empty or equal, expected two prompts")
      }
      pairs.append(
        CorpusPair(
          prompt: record.prompt, corrupt: record.corrupt, answer: record.contrast[0], other: record.contrast[1],
          template: record.template ?? 0))
    }
    guard !pairs.isEmpty else {
      throw CorpusError(file: file, place: .wholeFile, message: "there are no pairs in it")
    }
    self.pairs = pairs
  }
}
