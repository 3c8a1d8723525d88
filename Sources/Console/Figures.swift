// autointerp
// `Figures` writes rates, sizes and times as people read them.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol

/// Rates, sizes and times for people.
package enum Figures {
  /// Prompts per minute, one digit after the point below 100.
  static func rate(_ perMinute: Double) -> String {
    guard perMinute.isFinite else { return "-" }
    let isWhole = perMinute == 0 || perMinute >= 100
    return isWhole ? ReadableNumber.grouped(Int(min(perMinute, 1e15))) : ReadableNumber.fixed(perMinute, decimals: 1)
  }

  /// A flow with its sign, or with both signs if prompts disagree about it.
  static func flow(_ edge: EdgeReport) -> String {
    let size = edge.hasMixedSigns ? edge.meanAbsoluteFlow : abs(edge.meanFlow)
    let digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3
    return (edge.hasMixedSigns ? "±" : edge.meanFlow < 0 ? "-" : "+") + ReadableNumber.fixed(size, decimals: digits)
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

  /// `812 MB`, in powers of 1000.
  static func bytes(_ value: Int64) -> String {
    var size = Double(max(0, value))
    var unit = 0
    let units = ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000, unit < units.count - 1 { (size, unit) = (size / 1000, unit + 1) }
    return ReadableNumber.fixed(size, decimals: unit == 0 || size >= 100 ? 0 : 1) + " " + units[unit]
  }

  /// `48 s`, `6 min 47 s`, `2 h 5 min`, `3 d 4 h`.
  package static func span(seconds: Double) -> String {
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
