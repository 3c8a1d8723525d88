// autointerp
// `AttributionSettingsTests` tests that the list of settings is complete and that settings are read back as they were written.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@Suite struct AttributionSettingsTests {
  struct Refusal: Error, Equatable { var name: String, reason: String }

  static let changed: AttributionSettings = {
    var settings = AttributionSettings()
    settings.metric = .contrast(3, 4)
    settings.position = 7
    settings.rule = .relp
    settings.selection = .share(0.25)
    settings.positions = .beyondFirst
    settings.verification = .strongest(later: 3, first: 4)
    settings.verifiedChanges = [.zero, .mean]
    settings.edgeThreshold = 0
    settings.maximumNodeCount = 3
    settings.maximumSweepRows = 64
    settings.peakCount = 12
    return settings
  }()

  /// A setting missing from the list would be neither sent, stored nor compared.
  @Test func everyStoredPropertyIsInTheListOnce() {
    let properties = Mirror(reflecting: AttributionSettings()).children.count
    #expect(AttributionSettings.list.count == properties)
    #expect(Set(AttributionSettings.list.map { $0.path as PartialKeyPath<AttributionSettings> }).count == properties)
    #expect(Set(AttributionSettings.list.map(\.name)).count == properties)
  }

  @Test func everySettingIsReadBackAsItIsWritten() throws {
    for settings in [AttributionSettings(), Self.changed] {
      let written = Dictionary(
        uniqueKeysWithValues: AttributionSettings.list.map { ($0.name, $0.read(settings)) })
      let read = try AttributionSettings(
        reading: { (name) throws(Refusal) in written[name] }, failure: Refusal.init(name:reason:))
      #expect(read == settings)
    }
  }

  @Test func aLaterSettingIsWrittenOnlyIfItIsNotWhatItWasBefore() {
    let (plain, changed) = (AttributionSettings(), Self.changed)
    #expect(plain.written.count == AttributionSettings.list.count - 2)
    #expect(!plain.facts.contains { $0.hasPrefix("positions") || $0.hasPrefix("peaks") })
    #expect(changed.written.count == AttributionSettings.list.count)
    #expect(changed.facts.contains("positions beyond-first") && changed.facts.contains("peaks 12"))
    #expect(changed.scoreText.hasSuffix("; no neurons at the first position"))
    #expect(!plain.scoreText.contains("position"))
  }

  @Test func everySettingMakesADifferenceAndAnotherName() {
    let plain = AttributionSettings()
    for setting in AttributionSettings.list {
      var other = plain
      #expect(throws: Never.self) { try setting.write(setting.read(Self.changed), to: &other) }
      #expect(other != plain, "\(setting.name) is the same in both samples: change one")
      #expect(plain.differences(from: other).map { $0.hasPrefix("\(setting.name): it has ") } == [true])
      #expect(other.facts != plain.facts)
    }
    #expect(plain.differences(from: plain).isEmpty)
  }

  @Test func aMissingOrImpossibleSettingIsNamed() {
    func read(_ name: String, _ value: SettingValue?) throws(Refusal) {
      var written = Dictionary(uniqueKeysWithValues: AttributionSettings.list.map { ($0.name, $0.read(Self.changed)) })
      written[name] = value
      _ = try AttributionSettings(
        reading: { (name) throws(Refusal) in written[name] }, failure: Refusal.init(name:reason:))
    }
    #expect(throws: Refusal(name: "select", reason: "is missing")) { try read("select", nil) }
    #expect(throws: Refusal(name: "edge_threshold", reason: "is 1.5, expected 0.0 to 1.0")) {
      try read("edge_threshold", .number(1.5))
    }
    #expect(throws: Refusal(name: "edge_threshold", reason: "is nan, expected 0.0 to 1.0")) {
      try read("edge_threshold", .number(.nan))
    }
    #expect(throws: Refusal(name: "max_nodes", reason: "is x, expected an integer")) {
      try read("max_nodes", .text("x"))
    }
    #expect(throws: Refusal.self) { try read("metric", .text("topk 0")) }
    #expect(throws: Refusal.self) { try read("metric", .text("contrast 1")) }
  }

  @Test func settingsThatDoNotGoTogetherAreFound() {
    var settings = AttributionSettings()
    #expect(settings.contradiction == nil)
    settings.selection = .tau(0.01)
    #expect(settings.contradiction?.setting == "select")
    #expect(settings.text(of: "select") == "tau=0.01")
    settings.metric = .contrast(1, 2)
    #expect(settings.contradiction == nil)
    settings.verifiedChanges = [.zero, .mean]
    // One machine may have a reference of means, but not every worker of a run.
    #expect(settings.contradiction == nil)
    #expect(settings.contradictionInRun?.setting == "verify_with")
    settings.verifiedChanges = [.zero, .twice]
    #expect(settings.contradictionInRun == nil)
  }

  @Test func impossibleSettingsAreFound() {
    var settings = AttributionSettings()
    #expect(settings.firstImpossible == nil)
    settings.edgeThreshold = -1
    #expect(settings.firstImpossible?.setting.name == "edge_threshold")
  }
}
