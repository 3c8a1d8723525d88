// autointerp
// A TOML file as sections of keys, with the line of each.
// SPDX-License-Identifier: Apache-2.0

internal import TOMLKit

/// A value of a TOML file, as far as settings have such.
enum TOMLSetting: Equatable {
  case string(String)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case strings([String])
  /// Anything else, by the name of its type.
  case other(String)

  var typeName: String {
    switch self {
    case .string: "a string"
    case .integer: "an integer"
    case .number: "a number"
    case .boolean: "true or false"
    case .strings: "a list of strings"
    case .other(let name): name
    }
  }
}

/// A TOML file of two levels: sections, and keys in them.
struct TOMLDocument {
  /// One `key = value`; `section` is empty for a key before the first section.
  struct Entry: Equatable {
    var section: String
    var key: String
    var value: TOMLSetting
    var line: Int?
  }

  let file: String
  /// Sorted by line.
  let entries: [Entry]
  /// Sections in the file, with their lines.
  let sections: [(name: String, line: Int?)]

  init(file: String, text: String) throws(ConfigurationError) {
    self.file = file
    if let mistake = TOMLHeaders.mistake(in: text) {
      throw ConfigurationError(file: file, line: mistake.line, message: mistake.message)
    }
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch {
      let error = error as? TOMLParseError
      throw ConfigurationError(
        file: file, line: error?.source.begin.line, message: error?.description ?? "not valid TOML")
    }
    let lines = Self.lines(of: text)
    var entries: [Entry] = []
    var sections: [(name: String, line: Int?)] = []
    for name in table.keys {
      guard let value = table[name] else { continue }
      if let section = value.table {
        sections.append((name, lines["[\(name)]"]))
        for key in section.keys {
          guard let value = section[key] else { continue }
          let line = lines["\(name).\(key)"] ?? lines["[\(name)]"]
          entries.append(Entry(section: name, key: key, value: Self.setting(value), line: line))
        }
      } else {
        entries.append(Entry(section: "", key: name, value: Self.setting(value), line: lines[name]))
      }
    }
    self.entries = entries.sorted { ($0.line ?? 0, $0.key) < ($1.line ?? 0, $1.key) }
    self.sections = sections.sorted { ($0.line ?? 0, $0.name) < ($1.line ?? 0, $1.name) }
  }

  private static func setting(_ value: any TOMLValueConvertible) -> TOMLSetting {
    switch value.type {
    case .string: return value.string.map { .string($0) } ?? .other("a string")
    case .int: return value.int.map { .integer($0) } ?? .other("an integer")
    case .double: return value.double.map { .number($0) } ?? .other("a number")
    case .bool: return value.bool.map { .boolean($0) } ?? .other("true or false")
    case .array:
      let elements = value.array.map { $0.map(\.string) } ?? [nil]
      let strings = elements.compactMap(\.self)
      return strings.count == elements.count ? .strings(strings) : .other("a list")
    case .table: return .other("a table")
    case .date, .time, .dateTime: return .other("a date or time")
    }
  }

  /// The first line of each `[section]` and `section.key`: the parser tells positions of syntax errors only.
  ///
  /// Inside multi-line strings a line that looks like a key is taken for one, which can only misplace an error message.
  private static func lines(of text: String) -> [String: Int] {
    var lines: [String: Int] = [:]
    var section = ""
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let content = line.drop(while: \.isWhitespace)
      if content.first == "[" {
        section = content.dropFirst().prefix { $0 != "]" }.filter { !$0.isWhitespace && $0 != "\"" }
        lines["[\(section)]"] = min(lines["[\(section)]"] ?? .max, index + 1)
      } else if content.first != "#", let equals = content.firstIndex(of: "=") {
        let key = content[..<equals].filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
        let path = section.isEmpty ? key : "\(section).\(key)"
        lines[path] = min(lines[path] ?? .max, index + 1)
      }
    }
    return lines
  }
}
