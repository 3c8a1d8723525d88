// autointerp
// `Setting` is one key of cluster.toml: its name, its type and where its value goes.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import TOML

/// One key of `cluster.toml`.
struct Setting: Sendable {
  let section: String
  let key: String
  /// Puts a value into the configuration, or returns what is wrong with it, such as `expected an integer`.
  let apply: @Sendable (_ value: TOMLValue, _ configuration: inout ClusterConfiguration) -> String?

  var name: String { "\(section).\(key)" }

  static func string(
    _ section: String, _ key: String, _ path: any WritableKeyPath<ClusterConfiguration, String> & Sendable
  ) -> Setting {
    Setting(section: section, key: key) { value, configuration in
      guard case .string(let string) = value else { return expected("a string", value) }
      configuration[keyPath: path] = string
      return nil
    }
  }

  /// A string that may be absent.
  static func string(
    _ section: String, _ key: String, _ path: any WritableKeyPath<ClusterConfiguration, String?> & Sendable
  ) -> Setting {
    Setting(section: section, key: key) { value, configuration in
      guard case .string(let string) = value else { return expected("a string", value) }
      configuration[keyPath: path] = string
      return nil
    }
  }

  /// One of several words.
  static func choice(
    _ section: String, _ key: String, _ path: any WritableKeyPath<ClusterConfiguration, String> & Sendable,
    of words: [String]
  ) -> Setting {
    Setting(section: section, key: key) { value, configuration in
      guard case .string(let word) = value, words.contains(word) else {
        return expected(words.map { "\"\($0)\"" }.joined(separator: " or "), value)
      }
      configuration[keyPath: path] = word
      return nil
    }
  }

  static func strings(
    _ section: String, _ key: String, _ path: any WritableKeyPath<ClusterConfiguration, [String]> & Sendable
  ) -> Setting {
    Setting(section: section, key: key) { value, configuration in
      guard case .strings(let strings) = value else { return expected("a list of strings", value) }
      configuration[keyPath: path] = strings
      return nil
    }
  }

  static func flag(
    _ section: String, _ key: String, _ path: any WritableKeyPath<ClusterConfiguration, Bool> & Sendable
  ) -> Setting {
    Setting(section: section, key: key) { value, configuration in
      guard case .boolean(let flag) = value else { return expected("true or false", value) }
      configuration[keyPath: path] = flag
      return nil
    }
  }

  static func integer(
    _ section: String, _ key: String, _ path: any WritableKeyPath<ClusterConfiguration, Int> & Sendable,
    in range: ClosedRange<Int>
  ) -> Setting {
    Setting(section: section, key: key) { value, configuration in
      guard case .integer(let integer) = value else { return expected("an integer", value) }
      guard range.contains(integer) else { return outside(range, integer) }
      configuration[keyPath: path] = integer
      return nil
    }
  }

  static func number(
    _ section: String, _ key: String, _ path: any WritableKeyPath<ClusterConfiguration, Double> & Sendable,
    in range: ClosedRange<Double>
  ) -> Setting {
    Setting(section: section, key: key) { value, configuration in
      let number: Double
      switch value {
      case .number(let double): number = double
      case .integer(let integer): number = Double(integer)
      default: return expected("a number", value)
      }
      guard range.contains(number) else { return outside(range, number) }
      configuration[keyPath: path] = number
      return nil
    }
  }

  static func duration(
    _ section: String, _ key: String, _ path: any WritableKeyPath<ClusterConfiguration, Duration> & Sendable,
    in range: ClosedRange<Duration>
  ) -> Setting {
    Setting(section: section, key: key) { value, configuration in
      guard case .string(let text) = value, let duration = Duration(setting: text) else {
        return "expected a time such as \"500ms\", \"15s\", \"2m\" or \"1h\", found \(describe(value))"
      }
      guard range.contains(duration) else {
        return "expected \(range.lowerBound) to \(range.upperBound), found \(text)"
      }
      configuration[keyPath: path] = duration
      return nil
    }
  }

  /// A key of the section `attribution`. TOML has no absent value, so -1 stands for it.
  static func attribution(_ setting: AttributionSetting) -> Setting {
    Setting(section: "attribution", key: setting.name) { value, configuration in
      let converted: SettingValue
      let found: String
      switch value {
      case .integer(-1) where setting.takesNone: (converted, found) = (.none, "-1")
      case .integer(let integer): (converted, found) = (.integer(integer), "\(integer)")
      case .number(let number): (converted, found) = (.number(number), "\(number)")
      case .string(let text): (converted, found) = (.text(text), "\"\(text)\"")
      // No setting accepts an empty text, so this fails with a message that says what the setting accepts.
      default: (converted, found) = (.text(""), "")
      }
      do throws(SettingError) {
        try setting.write(converted, to: &configuration.attribution)
        return nil
      } catch {
        return error.isOutOfRange ? "expected \(error.expected), found \(found)" : expected(error.expected, value)
      }
    }
  }

  private static func expected(_ what: String, _ value: TOMLValue) -> String {
    "expected \(what), found \(describe(value))"
  }

  private static func outside<Bound>(_ range: ClosedRange<Bound>, _ value: Bound) -> String {
    "expected \(range.lowerBound) to \(range.upperBound), found \(value)"
  }

  private static func describe(_ value: TOMLValue) -> String {
    if case .string(let text) = value { return "the string \"\(text)\"" }
    return value.typeName
  }
}

extension Duration {
  /// Reads `500ms`, `15s`, `2m` or `1h`. Returns nil for anything else.
  package init?(setting text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int64(digits), count <= 1_000_000_000 else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": self = .milliseconds(count)
    case "s": self = .seconds(count)
    case "m": self = .seconds(count * 60)
    case "h": self = .seconds(count * 3600)
    default: return nil
    }
  }
}
