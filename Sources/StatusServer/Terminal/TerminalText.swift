// autointerp
// Untrusted text in a terminal, and how many columns it takes.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Foundation

/// Text for a terminal. Names, prompts and errors come from elsewhere: what could move the cursor, change colours or turn
/// the direction of writing is replaced before it gets there.
enum TerminalText {
  /// `text` on one line without control and format characters.
  static func harmless(_ text: String) -> String { text.harmless }

  /// Columns that `text` takes: 2 for East Asian wide characters and pictographs, 0 for combining marks.
  static func columns(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + columns($1) }
  }

  private static func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// `text`, made harmless and cut to `width` columns with an ellipsis where it is longer.
  static func fitted(_ text: String, _ width: Int) -> String {
    let text = harmless(text)
    guard columns(text) > width else { return text }
    guard width > 0 else { return "" }
    var result = String.UnicodeScalarView()
    var used = 0
    for scalar in text.unicodeScalars {
      let columns = columns(scalar)
      if used + columns > width - 1 { break }
      result.append(scalar)
      used += columns
    }
    return String(result) + "…"
  }

  /// `text` on at most `maximum` lines of `width` columns. What is too long even so loses its middle: errors begin with
  /// what they are about and end with the reason.
  static func wrapped(_ text: String, _ width: Int, maximum: Int) -> [String] {
    let text = harmless(text)
    guard width > 1, maximum > 1 else { return [fitted(text, width)] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ").map(String.init) {
      var word = word
      if !line.isEmpty, columns(line) + 1 + columns(word) <= width {
        line += " " + word
        continue
      }
      if !line.isEmpty { lines.append(line) }
      while columns(word) > width {
        var head = String(fitted(word, width).dropLast())
        if head.isEmpty { head = String(word.prefix(1)) }
        lines.append(head)
        word = String(word.dropFirst(head.count))
      }
      line = word
    }
    if !line.isEmpty { lines.append(line) }
    guard lines.count > maximum else { return lines }
    // The last line has as many words from the end as fit.
    var tail = ""
    for word in text.split(separator: " ").reversed() {
      guard columns(tail) + 1 + columns(String(word)) <= width - 2 else { break }
      tail = tail.isEmpty ? String(word) : "\(word) \(tail)"
    }
    return lines.prefix(maximum - 1) + ["… " + (tail.isEmpty ? fitted(lines.last ?? "", width - 2) : tail)]
  }

  /// `text` fitted and filled to exactly `width` columns.
  static func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
    let text = fitted(text, width)
    let fill = String(repeating: " ", count: max(0, width - columns(text)))
    return right ? fill + text : text + fill
  }
}

/// Numbers for people.
enum StatusFormat {
  /// `1,234,567`.
  static func count(_ value: some BinaryInteger) -> String {
    let digits = String(value.magnitude)
    var result = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return value < 0 ? "-" + result : result
  }

  /// Prompts per minute, one digit after the point below 100.
  static func rate(_ perMinute: Double) -> String {
    guard perMinute.isFinite else { return "-" }
    return perMinute == 0 || perMinute >= 100 ? count(Int(min(perMinute, 1e15))) : fixed(perMinute, 1)
  }

  /// A small number, such as `3.0e-06`.
  static func small(_ value: Double) -> String {
    value == 0 ? "0" : value.isFinite ? String(format: "%.1e", value) : "\(value)"
  }

  /// A flow with its sign, and with both where prompts differ about it.
  static func flow(_ edge: EdgeReport) -> String {
    let size = edge.hasMixedSigns ? edge.meanAbsoluteFlow : abs(edge.meanFlow)
    let digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3
    return (edge.hasMixedSigns ? "±" : edge.meanFlow < 0 ? "-" : "+") + fixed(size, digits)
  }

  /// How long ago, in one unit and at most ten columns.
  static func age(milliseconds: Int64) -> String {
    let s = max(0, milliseconds / 1000)
    return switch s {
    case ..<2: "now"
    case ..<60: "\(s) s ago"
    case ..<3600: "\(s / 60) min ago"
    case ..<172_800: "\(s / 3600) h ago"
    default: "\(min(s / 86_400, 9999)) d ago"
    }
  }

  static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  /// `812 MB`, in powers of 1000.
  static func bytes(_ value: Int64) -> String {
    var size = Double(max(0, value))
    var unit = 0
    let units = ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000, unit < units.count - 1 { (size, unit) = (size / 1000, unit + 1) }
    return "\(fixed(size, unit == 0 || size >= 100 ? 0 : 1)) \(units[unit])"
  }

  /// `48 s`, `6 min 47 s`, `2 h 5 min`, `3 d 4 h`.
  static func span(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "-" }
    let s = Int(min(seconds.rounded(), 1e12))
    return switch s {
    case ..<60: "\(s) s"
    case ..<600 where s % 60 != 0: "\(s / 60) min \(s % 60) s"
    case ..<3600: "\(s / 60) min"
    case ..<172_800: "\(s / 3600) h \(s % 3600 / 60) min"
    default: "\(s / 86_400) d \(s % 86_400 / 3600) h"
    }
  }
}
