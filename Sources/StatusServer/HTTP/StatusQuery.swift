// autointerp
// The parameters behind the question mark.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The query parameters of a request, each taken once and none left over, so that a misspelt one is an error and not
/// silently without effect.
struct StatusQuery {
  private var values: [String: String] = [:]

  /// - Throws: ``StatusServerError/badQuery(_:)`` when a parameter appears twice or is not percent-encoded UTF-8.
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

  /// Takes out a text; nil when it is not given.
  mutating func text(_ name: String) -> String? { values.removeValue(forKey: name) }

  /// Takes out a number.
  ///
  /// - Throws: ``StatusServerError/badQuery(_:)`` when it is no number in the range.
  mutating func number(_ name: String, in range: ClosedRange<Int>, default: Int) throws(StatusServerError) -> Int {
    guard let text = text(name) else { return `default` }
    guard let number = Int(text), range.contains(number) else {
      throw .badQuery("\(name)=\(text): expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Takes out one of a few words.
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

  /// - Throws: ``StatusServerError/badQuery(_:)`` when a parameter was not taken.
  func finish() throws(StatusServerError) {
    if let name = values.keys.min() { throw .badQuery("unknown parameter \"\(name)\"") }
  }
}
