// autointerp
// `QueryTable` prints the rows of a query as aligned text, CSV or JSON.
// SPDX-License-Identifier: Apache-2.0

internal import JSON
internal import Platform
internal import RunIndex

struct QueryTable {
  enum Format {
    case text
    case csv
    case json
  }

  private let format: Format
  private var names: [String] = []
  private var rows: [[String]] = []
  private var bytes: [UInt8] = []
  private var json = JSONByteWriter()

  init(format: Format) { self.format = format }

  mutating func begin(_ names: [String]) {
    self.names = names
    switch format {
    case .text: rows = [names.map { $0.harmless(maximumBytes: Self.widest) }]
    case .csv: bytes += CSV.line(names)
    case .json: json.beginArray(lines: true)
    }
  }

  mutating func add(_ row: [QueryValue]) {
    switch format {
    case .text: rows.append(row.map { $0.text.harmless(maximumBytes: Self.widest) })
    case .csv: bytes += CSV.line(row.map(\.text))
    case .json:
      json.beginObject()
      for (name, value) in zip(names, row) {
        json.key(escaping: name)
        json.value(value.json)
      }
      json.end()
    }
  }

  /// Wider values are cut in text, never in CSV and JSON.
  private static let widest = 60

  func finished() -> [UInt8] {
    switch format {
    case .csv: return bytes
    case .json:
      var json = json
      json.end()
      return json.bytes
    case .text:
      var widths = [Int](repeating: 0, count: names.count)
      for row in rows { for (column, text) in row.enumerated() { widths[column] = max(widths[column], text.count) } }
      let lines = rows.map { row in
        let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        var line = cells.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
      }
      return Array((lines.joined(separator: "\n") + "\n").utf8)
    }
  }
}

/// Lines of comma-separated values (RFC 4180).
enum CSV {
  static func line(_ values: [String]) -> [UInt8] { Array((values.map(field).joined(separator: ",") + "\n").utf8) }

  private static func field(_ value: String) -> String {
    let needsQuotes =
      value.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D].contains($0) }
      || value.first == " " || value.last == " "
    guard needsQuotes else { return value }
    // By scalars: a quote with a combining mark is one character, and not equal to a quote.
    var quoted = String.UnicodeScalarView()
    for scalar in value.unicodeScalars { quoted.append(contentsOf: scalar == "\"" ? [scalar, scalar] : [scalar]) }
    return "\"\(String(quoted))\""
  }
}

extension QueryValue {
  /// Empty for null; bytes as hexadecimal digits.
  fileprivate var text: String {
    switch self {
    case .null: ""
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): value
    case .bytes(let value): value.hexadecimal
    }
  }

  fileprivate var json: JSONValue {
    switch self {
    case .null: .null
    case .integer(let value): .integer(Int(value))
    case .number(let value): .optional(value)
    case .text(let value): .string(value)
    case .bytes(let value): .string(value.hexadecimal)
    }
  }
}
