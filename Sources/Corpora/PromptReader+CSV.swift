// autointerp
// `PromptReader.readCSV` reads prompts from a table whose fields are separated by commas.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Platform

extension PromptReader {
  /// Reads a table as RFC 4180 describes it. The header names the columns `prompt`, `text`, `answer_prefix` and
  /// `is_domain`; other columns are ignored, and an empty field is a missing one.
  mutating func readCSV(_ contents: Data) throws(CorpusError) {
    guard let text = String(validating: contents, as: UTF8.self) else {
      throw CorpusError(file: file, place: .wholeFile, message: "not UTF-8")
    }
    var table = CSVRows(text)
    let header = try nextRow(of: &table)?.fields ?? []
    guard header.contains("prompt") || header.contains("text") else {
      throw CorpusError(
        file: file, place: .line(1), message: "expected a header with a column named \"prompt\" or \"text\"")
    }
    while let row = try nextRow(of: &table) {
      if row.fields == [""] { continue }
      guard row.fields.count == header.count else {
        throw CorpusError(
          file: file, place: .line(row.line),
          message: "this row has \(row.fields.count) fields, but the header has \(header.count)")
      }
      var record = PromptRecord()
      for (column, field) in zip(header, row.fields) where !field.isEmpty {
        switch column {
        case "prompt": record.prompt = field
        case "text": record.text = field
        case "answer_prefix": record.answerPrefix = field
        case "is_domain": record.isDomain = try flag(field, line: row.line)
        default: break
        }
      }
      try add(record, answerPrefix: "", at: .line(row.line))
    }
  }

  private func nextRow(of table: inout CSVRows) throws(CorpusError) -> CSVRows.Row? {
    do {
      return try table.next()
    } catch {
      throw CorpusError(file: file, place: .line(error.line), message: error.message)
    }
  }

  private func flag(_ field: String, line: Int) throws(CorpusError) -> Bool {
    switch field.lowercased() {
    case "true", "yes", "1": return true
    case "false", "no", "0": return false
    default: throw CorpusError(file: file, place: .line(line), message: "\"is_domain\" is neither true nor false")
    }
  }
}
