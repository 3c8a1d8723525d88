// autointerp
// `AttributionSetting` describes one attribution setting: its name, its values, and the property that holds it.
// SPDX-License-Identifier: Apache-2.0

/// A setting's value, as messages, files and run names write it.
package enum SettingValue: Hashable, Sendable, CustomStringConvertible {
  case none
  case integer(Int)
  case number(Double)
  case text(String)

  package var description: String {
    switch self {
    case .none: "none"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): value
    }
  }
}

/// A value that a setting cannot have.
package struct SettingError: Error, Equatable {
  /// For example `0.0 to 1.0` or `an integer`.
  package var expected: String
  /// True if the value has the right type but is out of range.
  package var isOutOfRange: Bool
}

/// A type whose values are written as a short text in settings.
package protocol SettingText {
  /// What a text must be, for error messages.
  static var expectedText: String { get }
  var settingText: String { get }
  init?(settingText: String)
}

/// One attribution setting. `AttributionSettings.list` holds one for each stored property.
package struct AttributionSetting: Sendable {
  /// The key in messages, in the run's file, in `cluster.toml` and in exports.
  package let name: String
  /// The property of `AttributionSettings` that holds it.
  package let path: any PartialKeyPath<AttributionSettings> & Sendable
  /// The value that applied before this setting existed, used for files without it. Nil if it was always there.
  package let earlier: SettingValue?
  /// False for a setting that only affects rounding. Exports leave it out.
  package let decidesGraph: Bool
  /// False for a setting that is left out while it has its `earlier` value, so that run names, files and exports stay what
  /// they were before it existed.
  let isWrittenAlways: Bool
  /// How the absent value is written. Nil for a setting that is never absent.
  package let absentText: String?
  package let read: @Sendable (AttributionSettings) -> SettingValue
  private let assign: @Sendable (SettingValue, inout AttributionSettings) throws(SettingError) -> Void

  /// Puts a value into the settings.
  ///
  /// - Throws: `SettingError` if the setting cannot have the value.
  package func write(_ value: SettingValue, to settings: inout AttributionSettings) throws(SettingError) {
    try assign(value, &settings)
  }

  /// True if messages, files and exports have the setting.
  package func isWritten(in settings: AttributionSettings) -> Bool { isWrittenAlways || read(settings) != earlier }

  /// True if the setting can be absent.
  package var takesNone: Bool { absentText != nil }

  /// The setting's value as people read it.
  package func text(of settings: AttributionSettings) -> String {
    let value = read(settings)
    return value == .none ? absentText ?? "none" : "\(value)"
  }
}

extension AttributionSetting {
  typealias Path<Value> = WritableKeyPath<AttributionSettings, Value> & Sendable

  static func integer(
    _ name: String, _ path: any Path<Int>, in range: ClosedRange<Int>, earlier: SettingValue? = nil,
    decidesGraph: Bool = true, isWrittenAlways: Bool = true
  ) -> AttributionSetting {
    AttributionSetting(
      name: name, path: path, earlier: earlier, decidesGraph: decidesGraph, isWrittenAlways: isWrittenAlways,
      absentText: nil,
      read: { .integer($0[keyPath: path]) },
      assign: { (value, settings) throws(SettingError) in settings[keyPath: path] = try integer(value, in: range) })
  }

  static func integer(
    _ name: String, _ path: any Path<Int?>, in range: ClosedRange<Int>, absentText: String
  ) -> AttributionSetting {
    AttributionSetting(
      name: name, path: path, earlier: nil, decidesGraph: true, isWrittenAlways: true, absentText: absentText,
      read: { $0[keyPath: path].map { .integer($0) } ?? .none },
      assign: { (value, settings) throws(SettingError) in
        settings[keyPath: path] = value == .none ? nil : try integer(value, in: range)
      })
  }

  static func number(
    _ name: String, _ path: any Path<Double>, in range: ClosedRange<Double>, earlier: SettingValue? = nil
  ) -> AttributionSetting {
    AttributionSetting(
      name: name, path: path, earlier: earlier, decidesGraph: true, isWrittenAlways: true, absentText: nil,
      read: { .number($0[keyPath: path]) },
      assign: { (value, settings) throws(SettingError) in
        let number: Double
        switch value {
        case .number(let double): number = double
        case .integer(let integer): number = Double(integer)
        default: throw SettingError(expected: "a number", isOutOfRange: false)
        }
        guard range.contains(number) else { throw outside(range) }
        settings[keyPath: path] = number
      })
  }

  static func text<Value: SettingText & Sendable>(
    _ name: String, _ path: any Path<Value>, earlier: SettingValue? = nil, isWrittenAlways: Bool = true
  ) -> AttributionSetting {
    AttributionSetting(
      name: name, path: path, earlier: earlier, decidesGraph: true, isWrittenAlways: isWrittenAlways, absentText: nil,
      read: { .text($0[keyPath: path].settingText) },
      assign: { (value, settings) throws(SettingError) in
        guard case .text(let text) = value, let parsed = Value(settingText: text) else {
          throw SettingError(expected: Value.expectedText, isOutOfRange: false)
        }
        settings[keyPath: path] = parsed
      })
  }

  private static func integer(_ value: SettingValue, in range: ClosedRange<Int>) throws(SettingError) -> Int {
    guard case .integer(let integer) = value else {
      throw SettingError(expected: "an integer", isOutOfRange: false)
    }
    guard range.contains(integer) else { throw outside(range) }
    return integer
  }

  private static func outside<Bound>(_ range: ClosedRange<Bound>) -> SettingError {
    SettingError(expected: "\(range.lowerBound) to \(range.upperBound)", isOutOfRange: true)
  }
}
