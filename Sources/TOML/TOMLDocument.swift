// autointerp
// `TOMLDocument` parses a TOML file of sections and keys; every value knows its line.
// SPDX-License-Identifier: Apache-2.0

/// A value of one of the kinds that settings use.
package enum TOMLValue: Equatable, Sendable {
  case string(String)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case strings([String])

  package var typeName: String {
    switch self {
    case .string: "a string"
    case .integer: "an integer"
    case .number: "a number"
    case .boolean: "true or false"
    case .strings: "a list of strings"
    }
  }
}

/// What is wrong with a TOML text, and on which line.
package struct TOMLError: Error, Equatable, CustomStringConvertible {
  /// Counted from 1.
  package var line: Int
  package var message: String

  package var description: String { "line \(line): \(message)" }
}

/// A TOML text of two levels.
///
/// The reader accepts the part of TOML 1.0 that settings need and refuses everything else, with the line and what was
/// expected. It accepts: `[section]` with a bare name; `key = value` with a bare key; strings of all four kinds;
/// decimal integers and numbers; `true` and `false`; lists of strings; comments. Names and keys must be unique.
package struct TOMLDocument: Sendable {
  /// One `key = value`. `section` is empty for a key before the first section.
  package struct Entry: Equatable, Sendable {
    package let section: String
    package let key: String
    package let value: TOMLValue
    package let line: Int
  }

  /// One `[name]`.
  package struct Section: Equatable, Sendable {
    package let name: String
    package let line: Int
  }

  /// In the order of the text.
  package private(set) var sections: [Section] = []
  package private(set) var entries: [Entry] = []

  /// - Complexity: O(bytes)
  package init(parsing text: String) throws(TOMLError) {
    struct Place: Hashable {
      var section: String
      var key: String
    }
    var reader = TOMLReader(text)
    var (sectionLines, keyLines): ([String: Int], [Place: Int]) = ([:], [:])
    var current = ""
    while let item = try reader.nextItem() {
      switch item {
      case .section(let name, let line):
        if let first = sectionLines.updateValue(line, forKey: name) {
          throw TOMLError(line: line, message: "[\(name)] occurs twice; the first is on line \(first)")
        }
        current = name
        sections.append(Section(name: name, line: line))
      case .entry(let key, let value, let line):
        if let first = keyLines.updateValue(line, forKey: Place(section: current, key: key)) {
          throw TOMLError(line: line, message: "\"\(key)\" occurs twice; the first is on line \(first)")
        }
        entries.append(Entry(section: current, key: key, value: value, line: line))
      }
    }
  }
}
