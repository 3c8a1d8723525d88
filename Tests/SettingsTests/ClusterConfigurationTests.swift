// autointerp
// `ClusterConfigurationTests` tests cluster.toml: the shipped file, overrides, and errors that name the line.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TOML
import Testing

@testable import Settings

@Suite struct ClusterConfigurationTests {
  /// The file at the top of the repository.
  static let shipped = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: ClusterConfiguration.fileName)

  static func read(_ text: String) throws(ConfigurationError) -> ClusterConfiguration {
    try ClusterConfiguration(file: "c.toml", text: text)
  }

  @Test func theShippedFileIsExactlyTheDefaults() throws {
    #expect(try ClusterConfiguration.load(path: Self.shipped.path) == ClusterConfiguration())
  }

  @Test func theShippedFileHasEveryKeyInTheOrderOfTheSettings() throws {
    let text = try String(contentsOf: Self.shipped, encoding: .utf8)
    var section = ""
    var names: [String] = []
    for line in text.split(separator: "\n") {
      if let match = line.wholeMatch(of: #/\[(\w+)\]/#) { section = String(match.1) }
      // Keys that are absent by default are in a comment.
      if let match = line.prefixMatch(of: #/(?:# )?(\w+) = /#) { names.append("\(section).\(match.1)") }
    }
    #expect(names == ClusterConfiguration.settings.map(\.name))
  }

  /// A value other than the default for every key, so that no two keys share a place and none has no effect.
  @Test func everyKeyChangesTheConfigurationInItsOwnPlace() throws {
    var seen: [String: ClusterConfiguration] = [:]
    let candidates: [TOMLValue] = [
      .string("other"), .string("mapped"), .string("77s"), .boolean(true), .integer(77), .number(0.77),
      .strings(["other"]), .string("contrast 1 2"), .string("relp"), .string("share=0.5"), .string("beyond-first"),
      .string("all"), .string("twice"),
    ]
    for setting in ClusterConfiguration.settings {
      let changed = candidates.compactMap { value -> ClusterConfiguration? in
        var configuration = ClusterConfiguration()
        return setting.apply(value, &configuration) == nil ? configuration : nil
      }
      let configuration = try #require(changed.first, "\(setting.name) takes none of the values")
      #expect(configuration != ClusterConfiguration(), "\(setting.name)")
      for (name, other) in seen { #expect(configuration != other, "\(setting.name) and \(name)") }
      seen[setting.name] = configuration
    }
  }

  @Test func aFileOverridesWhatItMentions() throws {
    var expected = ClusterConfiguration()
    expected.attribution.tau = 0
    expected.attribution.metric = .topLogits(count: 3)
    expected.attribution.position = 7
    expected.template.system = ""
    expected.coordinator.fleet.lease = .seconds(90)
    expected.status.allowedHosts = ["a", "b"]
    let configuration = try Self.read(
      """
      [attribution]
      tau = 0
      top_logits = 3
      position = 7
      [template]
      system = ""
      [coordinator]
      lease = "90s"
      [status]
      allowed_hosts = ["a",
        "b"]
      """)
    #expect(configuration == expected)
  }

  @Test(arguments: [
    ("[worker]\nslots = 1\nslotz = 2\n", 3, "unknown key \"slotz\" in [worker]: did you mean \"slots\"?"),
    ("[model]\nslots = 2\n", 2, "unknown key \"slots\" in [model]: it belongs under [worker]"),
    ("slots = 2\n", 1, "unknown key \"slots\" before the first section: it belongs under [worker]"),
    ("# c\n\n[wroker]\nslots = 2\n", 3, "unknown section [wroker]: did you mean [worker]?"),
    ("[zzzzzzzzz]\n", 1, "unknown section [zzzzzzzzz]: the sections are [attribution] [coordinator] [model]"),
    ("[worker]\n\nslots = \"two\"\n", 3, "worker.slots: expected an integer, found the string \"two\""),
    ("[worker]\nweights = \"light\"\n", 2, "worker.weights: expected \"auto\" or \"resident\" or \"mapped\", found"),
    ("[worker]\nslots = 0\n", 2, "worker.slots: expected 1 to 1024, found 0"),
    ("[attribution]\ntau = true\n", 2, "attribution.tau: expected a number, found true or false"),
    ("[attribution]\ntau = 1.5\n", 2, "attribution.tau: expected 0.0 to 1.0, found 1.5"),
    ("[attribution]\ntau = nan\n", 2, "nan is not a value"),
    ("[coordinator]\nlease = 15\n", 2, "coordinator.lease: expected a time such as"),
    ("[coordinator]\nlease = \"15 s\"\n", 2, "coordinator.lease: expected a time such as"),
    ("[coordinator]\nlease = \"1000h\"\n", 2, "coordinator.lease: expected 0.001 seconds to"),
    ("[status]\nallowed_hosts = [1]\n", 2, "expected a text in quotes or ], found 1"),
    ("[status]\nhost = 1979-05-27\n", 2, "1979-05-27 is not a value"),
    ("[status\nport = 1\n", 1, "expected ] after [status"),
    ("[status]\nport = 1\nport = 2\n", 3, "\"port\" occurs twice; the first is on line 2"),
  ])
  func errorsNameTheLine(text: String, line: Int, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try Self.read(text) }
    #expect(error?.line == line)
    #expect(error?.message.hasPrefix(message) == true, "\(String(describing: error))")
    #expect(error?.description.hasPrefix("c.toml:\(line): ") == true)
  }

  @Test func aMissingFileIsAnErrorWhenItWasAskedFor() {
    #expect(throws: ConfigurationError.self) { try ClusterConfiguration.load(path: "/nowhere/cluster.toml") }
  }

  @Test(arguments: [("500ms", 500), ("15s", 15_000), ("2m", 120_000), ("1h", 3_600_000)])
  func timesHaveUnits(text: String, milliseconds: Int) {
    #expect(Duration(setting: text) == .milliseconds(milliseconds))
  }

  @Test(arguments: ["", "s", "15", "-1s", "1.5s", "1d", "99999999999999999999s"])
  func timesWithoutAMeaningAreRefused(text: String) {
    #expect(Duration(setting: text) == nil)
  }
}
