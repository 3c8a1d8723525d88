// autointerp
// `StatusQuery` reads the query parameters of a request and refuses unknown ones.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The query parameters of a request. Each is taken once, and `finish` refuses the rest, so that a misspelt parameter
/// is an error.
struct StatusQuery {
  private var values: [String: String] = [:]

  /// - Throws: ``StatusServerError/badQuery(_:)`` if a parameter occurs twice or is not percent-encoded UTF-8.
  init(_ query: String?) throws(StatusServerError) {
    for pair in (query ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        $0.replacing("+", with: " ").removingPercentEncoding
      }
      guard let name = parts[0], let value = parts.count == 2 ? parts[1] : "" else {
        throw .badQuery("the query is not percent-encoded UTF-8")
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw .badQuery("the parameter \"\(name)\" appears twice")
      }
    }
  }

  /// Takes everything, in order of names.
  mutating func all() -> [(name: String, value: String)] {
    defer { values = [:] }
    return values.map { (name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
  }

  /// Takes a text; nil if it is absent.
  mutating func text(_ name: String) -> String? { values.removeValue(forKey: name) }

  /// Takes a number.
  ///
  /// - Throws: ``StatusServerError/badQuery(_:)`` if it is not a number in the range.
  mutating func number(_ name: String, in range: ClosedRange<Int>, default: Int) throws(StatusServerError) -> Int {
    guard let text = text(name) else { return `default` }
    guard let number = Int(text), range.contains(number) else {
      throw .badQuery("\(name)=\(text): expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Takes one of several words.
  ///
  /// - Throws: ``StatusServerError/badQuery(_:)`` for any other word.
  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, default: Choice
  ) throws(StatusServerError) -> Choice {
    guard let text = text(name) else { return `default` }
    guard let choice = Choice(rawValue: text) else {
      throw .badQuery("\(name)=\(text): expected \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  /// - Throws: ``StatusServerError/badQuery(_:)`` if a parameter was not taken.
  func finish() throws(StatusServerError) {
    if let name = values.keys.min() { throw .badQuery("unknown parameter \"\(name)\"") }
  }
}
