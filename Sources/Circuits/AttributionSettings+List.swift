// autointerp
// `AttributionSettings.list` lists all settings; their names, coding, storage and comparison follow from it.
// SPDX-License-Identifier: Apache-2.0

extension AttributionSettings {
  /// Every setting, in the order in which they are written.
  ///
  /// Run names, the wire format, the run's file, the comparison that guards a resume, `cluster.toml` and exports are
  /// all made from this list, so a new setting is one new line here. A test fails if a stored property is missing.
  package static let list: [AttributionSetting] = [
    .text("metric", \.metric),
    .integer("position", \.position, in: 0...Int(Int32.max), absentText: "last"),
    .text("rule", \.rule, earlier: .text("relp")),
    .text("select", \.selection),
    .text("positions", \.positions, earlier: .text("all"), isWrittenAlways: false),
    .number("edge_threshold", \.edgeThreshold, in: 0...1),
    .integer("max_nodes", \.maximumNodeCount, in: 0...Int(Int32.max)),
    .text("verify", \.verification, earlier: .text("0")),
    .text("verify_with", \.verifiedChanges, earlier: .text("zero")),
    .integer("peaks", \.peakCount, in: 0...PeakActivations.maximumCount, earlier: .integer(0), isWrittenAlways: false),
    .integer("max_sweep_rows", \.maximumSweepRows, in: 1...Int(Int32.max), decidesGraph: false),
  ]

  /// Reads every setting with `value(name)`, which returns nil for a setting that the source does not have.
  ///
  /// - Throws: what `value` throws, or `failure(name, reason)` for a setting that is missing or invalid.
  package init<Failure: Error>(
    reading value: (String) throws(Failure) -> SettingValue?,
    failure: (_ name: String, _ reason: String) -> Failure
  ) throws(Failure) {
    self.init()
    for setting in Self.list {
      guard let value = try value(setting.name) ?? setting.earlier else { throw failure(setting.name, "is missing") }
      do throws(SettingError) {
        try setting.write(value, to: &self)
      } catch {
        throw failure(setting.name, "is \(value), expected \(error.expected)")
      }
    }
  }

  /// The settings that are written into messages, files and exports.
  package var written: [AttributionSetting] { Self.list.filter { $0.isWritten(in: self) } }

  /// `name value` of each setting that is written. Equal only for equal settings.
  package var facts: [String] { written.map { "\($0.name) \($0.read(self))" } }

  /// One line for every setting in which `requested` differs from these settings.
  package func differences(from requested: AttributionSettings) -> [String] {
    Self.list.filter { $0.read(self) != $0.read(requested) }.map {
      "\($0.name): it has \($0.text(of: self)), asked for is \($0.text(of: requested))"
    }
  }

  /// The first setting with an invalid value, and what was expected.
  package var firstImpossible: (setting: AttributionSetting, expected: String)? {
    var copy = self
    for setting in Self.list {
      do throws(SettingError) {
        try setting.write(setting.read(self), to: &copy)
      } catch {
        return (setting, error.expected)
      }
    }
    return nil
  }

  /// A setting that is possible by itself but not beside the others, and what is expected; nil if all go together.
  package var contradiction: (setting: String, expected: String)? {
    if case .tau(let tau) = selection, tau > 0, !metric.isSumOfLogits {
      return ("select", "share=X, top=N or floor=X: this metric may be close to 0 without being unimportant")
    }
    return nil
  }

  /// The same for a run, where one thing more is impossible.
  ///
  /// A result of a run follows from corpus, model and settings alone. The means of a reference are a file of some
  /// megabytes on one machine, so that a run would depend on who computes it.
  package var contradictionInRun: (setting: String, expected: String)? {
    if let contradiction { return contradiction }
    guard verifiedChanges.contains(.mean) else { return nil }
    return (
      "verify_with",
      "zero or twice: the means of a reference are stored on one machine, and a run's result must not depend on the "
        + "machine; autointerp graph --verify-with mean takes them"
    )
  }

  /// What the scores of these settings are, in one line.
  package var scoreText: String {
    "metric \(metric.settingText.prefix(60)); scores by the rule \(rule.rawValue)"
      + (positions == .beyondFirst ? "; no neurons at the first position" : "")
  }

  /// A setting's value for people.
  package func text(of setting: String) -> String {
    Self.list.first { $0.name == setting }?.text(of: self) ?? ""
  }
}
